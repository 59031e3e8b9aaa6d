// What every test of the live suite stands on: a server, a client of it, and records that no other test or run has.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "catch.hpp"

#include <auditor/base/message.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace live {

using namespace std::chrono_literals;

inline std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The server that AUDITOR_URL names (and AUDITOR_WARNING_URL, one that ignores duplicates); without it, sandboxes of our
// own behind HTTP. The tests do not know which it is.
class servers {
 public:
  static const servers& under_test() {
    static const servers all;
    return all;
  }
  const std::string& url() const { return url_; }
  // Empty: there is none.
  const std::string& warning_url() const { return warning_url_; }

 private:
  servers() : url_(environment("AUDITOR_URL")), warning_url_(environment("AUDITOR_WARNING_URL")) {
    if (!url_.empty()) return;
    url_ = plain_.emplace(auditor::sandbox_options{}).http.url();
    warning_url_ =
        warning_.emplace(auditor::sandbox_options{.ignore_record_exists_error = true, .id_before = {}}).http.url();
  }

  struct own_sandbox {
    explicit own_sandbox(auditor::sandbox_options options) : server(std::move(options)), http(server) {}
    auditor::sandbox server;
    auditor::sandbox_server http;
  };

  std::string url_;
  std::string warning_url_;
  std::optional<own_sandbox> plain_;
  std::optional<own_sandbox> warning_;
};

inline auditor::curl_client connect(std::string_view url = servers::under_test().url(),
                                    const auditor::options& settings = {}) {
  return {auditor::curl_builder().connection_string(url).build().value(), settings};
}

// False, with a word about it, when there is no server in warning mode.
inline bool has_warning_server() {
  if (!servers::under_test().warning_url().empty()) return true;
  WARN("skipped: AUDITOR_WARNING_URL names no server with ignore_record_exists_error");
  return false;
}

// Another one in each run, so that the suite can be repeated on a table that is not empty.
inline const std::string& run_name() {
  static const std::string name = [] {
    std::random_device random;
    std::string digits;
    for (int i = 0; i < 10; ++i) digits += static_cast<char>('a' + random() % 26);
    return "live-" + digits;
  }();
  return name;
}

inline constexpr auditor::timestamp noon{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 12h};

// The records of one test: their ids begin with its name, and their meta `test` holds it.
class records {
 public:
  records() {
    static int count = 0;
    name_ = run_name() + "-" + std::to_string(++count);
  }

  const std::string& name() const { return name_; }
  std::string id(std::string_view of) const { return name_ + "-" + std::string(of); }
  // 0042: ids of one length, in the same order in every collation.
  std::string id(std::size_t number) const {
    const std::string digits = std::to_string(number);
    return id(std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits);
  }

  auditor::record open(const std::string& id, auditor::timestamp start = noon) const {
    return auditor::record{id, start}
        .with_component(auditor::component{"Cores", 8}.with_score("HEPSPEC", 9.25).with_score("HEPscore23", 11.5))
        .with_component(auditor::component{"Memory", 16'000})
        .with_meta("test", name_)
        .with_meta("site", "site1", "site2");
  }
  auditor::record closed(const std::string& id, std::chrono::seconds runtime = 1h, auditor::timestamp start = noon) const {
    return open(id, start).with_stop_time(start + runtime);
  }
  std::vector<auditor::record> many(std::size_t count, std::size_t from = 0) const {
    std::vector<auditor::record> all;
    for (std::size_t i = from; i < from + count; ++i) all.push_back(closed(id(i), std::chrono::seconds(i), noon));
    return all;
  }

  auditor::query all() const { return auditor::query{}.with_meta("test", auditor::contains(name_)); }

 private:
  std::string name_;
};

// The id of each, in the order given.
template <class Range>
std::vector<std::string> ids_of(const Range& range) {
  std::vector<std::string> ids;
  for (const auto& r : range) ids.emplace_back(r.record_id);
  return ids;
}

// Empty when the server holds just this record; else what is different.
template <class Client>
std::string stored_differently(Client& client, const auditor::record& ours) {
  const auto stored = client.find(ours.record_id);
  if (!stored) return message(stored.error());
  if (!stored->has_value()) return "there is no record of this id";
  if (const auditor::error found = auditor::difference(ours, **stored)) return message(found);
  const std::optional<std::int64_t> runtime =
      ours.stop_time ? std::optional((*ours.stop_time - ours.start_time) / 1s) : std::nullopt;
  return (*stored)->runtime == runtime ? "" : "another runtime";
}

// An answer to what no operation of the client sends.
struct raw_answer {
  int status = 0;
  std::string body;
};

template <class Client>
raw_answer send(Client& client, auditor::verb method, std::string_view target, std::string_view body = {}) {
  using transport = std::remove_reference_t<decltype(client.transport())>;
  const std::array<auditor::header, 1> json{{{"Content-Type", "application/json"}}};
  const auditor::request_view request{.method = method, .target = target, .headers = json, .body = body};
  typename transport::stream stream;
  const auto head = client.transport().open(stream, request, {});
  INFO(message(head.error()));
  REQUIRE(head);
  raw_answer answer{head->status, {}};
  for (std::array<char, 4096> room;;) {
    const auto got = stream.read(room, {});
    REQUIRE(got);
    if (*got == 0) return answer;
    answer.body.append(room.data(), *got);
  }
}

}  // namespace live
