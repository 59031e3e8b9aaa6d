// Uses something of every floor, so that the compiler emits the library's inline functions in each unit that includes this.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/auditor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

// Of this unit alone: what two units share is the library.
namespace {

// An Auditor for one record, without a network.
class one_record_server {
 public:
  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call&) {
      const std::size_t n = into.size() < left_.size() ? into.size() : left_.size();
      if (n != 0) std::memcpy(into.data(), left_.data(), n);
      left_.remove_prefix(n);
      return n;
    }

   private:
    friend one_record_server;
    std::string_view left_;
  };

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request, const auditor::call&) {
    if (request.method == auditor::verb::post) stored_ = request.body;
    s.left_ = request.method == auditor::verb::get ? std::string_view(stored_) : std::string_view();
    return auditor::response_head{.status = 200};
  }

 private:
  std::string stored_;
};

struct stopped_clock {
  auditor::ticks now() { return auditor::ticks(0); }
  std::uint64_t random() { return 0; }
  void sleep_until(auditor::ticks, const auditor::cancel_flag*) {}
};

// What came back, as text, or why nothing did.
std::string use_library() {
  const auditor::record sent = auditor::record("id", auditor::timestamp(std::chrono::microseconds(1)))
                                   .with_component(auditor::component("CPU", 1).with_score("HEPSPEC06", 9.2))
                                   .with_meta("site", "here");
  auditor::client<one_record_server, stopped_clock> client{one_record_server()};
  if (const auto added = client.add(sent); !added) return "add: " + auditor::message(added.error());

  std::string said;
  const auto asked = auditor::query().with_start_time(auditor::gte(sent.start_time));
  const auto visit = [&said](const auditor::record_view& r) {
    said.append(r.record_id).append(" of ").append(r.meta[0].name);
  };
  if (const auto read = client.for_each(asked, visit); !read) return "for_each: " + auditor::message(read.error());
  if (const auto one = client.get_single_record("id"); !one || *one != sent) return "get_single_record";
  return said;
}

}  // namespace
