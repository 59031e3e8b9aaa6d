// A server that holds records by their ids, forgets answers, and keeps a list of what it did.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/auditor.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ring_test {

class answering {
 public:
  struct act {
    bool is_update;
    std::string id;
    std::optional<auditor::timestamp> stop;
  };
  std::map<std::string, auditor::record, std::less<>> table;
  std::vector<act> seen;             // every write that arrived
  std::vector<act> stored;           // every write that changed the table
  std::function<bool()> down, lost;  // before, and behind it
  std::function<void()> working;     // while a request is under way
  auditor::errc lost_as = auditor::errc::connection_lost;

  static bool is_poison(std::string_view id) { return id.starts_with("poison"); }

  auditor::result<auditor::whole_response> ask(const auditor::request_view& request, const auditor::call&) {
    if (working) working();
    if (down && down()) return auditor::errc::connect_failed;
    auditor::whole_response answer = request.method == auditor::verb::get ? look(request.target) : write(request);
    if (lost && lost()) return lost_as;
    return answer;
  }

 private:
  auditor::whole_response look(std::string_view target) {
    constexpr std::string_view by_id = "/records?record_id=";
    auditor::whole_response answer{.status = 200};
    if (target.starts_with(by_id)) {
      if (const auto found = table.find(target.substr(by_id.size())); found != table.end())
        encode_record(found->second, answer.body);
    }
    return answer;
  }

  auditor::whole_response write(const auditor::request_view& request) {
    auditor::record sent;
    if (decode_record(request.body, sent)) return {400, "Json deserialize error: no record at line 1 column 1"};
    const bool is_update = request.method == auditor::verb::put;
    seen.push_back({is_update, sent.record_id, sent.stop_time});
    if (is_poison(sent.record_id) && !is_update) return {400, "Json deserialize error: poison at line 1 column 1"};
    const auto found = table.find(sent.record_id);
    if (is_update && found == table.end()) return {404, "Updating unknown record " + sent.record_id + " not possible."};
    if (!is_update && found != table.end()) return {500, "RECORD_EXISTS"};
    stored.push_back(seen.back());
    if (is_update)
      found->second.stop_time = sent.stop_time;
    else
      table.emplace(sent.record_id, sent);
    return {.status = 200};
  }
};

struct transport_to {
  answering* server;
  auditor::result<auditor::whole_response> operator()(const auditor::request_view& request,
                                                      const auditor::call& limits) const {
    return server->ask(request, limits);
  }
};

struct no_time {
  auditor::ticks now() { return at; }
  std::uint64_t random() { return 7; }
  void sleep_until(auditor::ticks time, const auditor::cancel_flag*) { at = (std::max)(at, time); }
  auditor::ticks at{0};
};

using client_of_model = auditor::client<auditor::function_transport<transport_to>, no_time>;

inline client_of_model client_of(answering& server, std::uint8_t attempts = 2) {
  auditor::options settings;
  settings.retry.write_attempts = attempts;
  settings.retry.read_attempts = attempts;
  return client_of_model(auditor::function_transport<transport_to>(transport_to{&server}), no_time(), settings);
}

}  // namespace ring_test
