// How much memory calls take on the emulated board: the smallest workspace that is enough, and the deepest stack. tools/bench-size runs it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../examples/embedded/board/stack.hpp"

#include <auditor/auditor.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace {

// Text in memory of its own, so that none of it is counted.
class text {
 public:
  text& operator<<(std::string_view more) {
    std::memcpy(letters_ + size_, more.data(), more.size());
    size_ += more.size();
    return *this;
  }
  text& operator<<(std::size_t number) {
    if (number >= 10) *this << number / 10;
    return *this << std::string_view(&"0123456789"[number % 10], 1);
  }
  std::string_view view() const { return {letters_, size_}; }

 private:
  char letters_[8'192];
  std::size_t size_ = 0;
};

constexpr std::string_view names[] = {"a00", "a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09", "a10",
                                      "a11", "a12", "a13", "a14", "a15", "a16", "a17", "a18", "a19", "a20"};

// As the server writes it: some 2 KB.
void write_record(text& to, std::size_t id) {
  to << R"({"record_id":"meter-)" << id << R"(","meta":{)";
  std::string_view comma;
  for (const std::string_view name : names) {
    to << comma << "\"" << name << R"(":["here"])";
    comma = ",";
  }
  to << R"(},"components":[)";
  comma = "";
  for (const std::string_view name : names) {
    to << comma << R"({"name":")" << name << R"(","amount":1234,"scores":[{"name":"HEPSPEC06","value":9.25}]})";
    comma = ",";
  }
  to << R"(],"start_time":"2024-01-01T00:00:00Z","stop_time":"2024-01-01T01:00:00Z","runtime":3600})";
}

struct canned_answers {
  std::string_view all, first, last;
  std::size_t longest_body = 0;
};

class canned_transport {
 public:
  explicit canned_transport(canned_answers& answers) : answers_(&answers) {}

  struct stream {
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call&) {
      const std::size_t n = (std::min)({into.size(), left.size(), std::size_t{256}});
      if (n != 0) std::memcpy(into.data(), left.data(), n);
      left.remove_prefix(n);
      return n;
    }
    std::string_view left;
  };

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request, const auditor::call&) {
    const auto asks = [&request](std::string_view words) { return request.target.find(words) != std::string_view::npos; };
    answers_->longest_body = (std::max)(answers_->longest_body, request.body.size());
    if (!asks("/records"))
      s.left = {};
    else if (asks("record_id="))
      s.left = answers_->first;
    else
      s.left = asks("[desc]") ? answers_->last : answers_->all;
    return auditor::response_head{.status = 200};
  }

 private:
  canned_answers* answers_;
};

// It goes on whenever somebody looks.
struct counting_clock {
  auditor::ticks now() { return time += auditor::ticks{1}; }
  std::uint64_t random() { return 4; }
  void sleep_until(auditor::ticks until, const auditor::cancel_flag*) { time = (std::max)(time, until); }
  auditor::ticks time{};
};

using board_client = auditor::client<canned_transport, counting_clock>;

// A line: what was called, the bytes of stack, and of the workspace: the smallest with which it goes well.
template <class Call>
void measure(std::string_view what, canned_answers& answers, const std::size_t& size, Call call) {
  constexpr std::size_t step = 32;
  static std::array<char, 16'384> workspace;
  for (std::size_t room = 0; room <= workspace.size(); room += step) {
    board_client client{canned_transport(answers), counting_clock(), auditor::options(), std::span(workspace).first(room)};
    if (!call(client)) continue;
    const std::size_t stack = board::deepest_stack([&] { call(client); });
    text line;
    line << what;
    if (size != 0) line << size << " B";
    line << "  " << stack << "  " << room << "\n";
    return board::write(line.view());
  }
  board::stop(1);
}

}  // namespace

int main() {
  asm volatile("cpsid i");  // no tick of the clock on top of what is measured

  static text all;
  write_record(all, 1);
  const std::size_t one = all.view().size();
  write_record(all, 2);
  write_record(all, 3);
  canned_answers answers{all.view(), all.view().substr(0, one), all.view().substr(2 * one)};

  const std::array scores = {auditor::score_view("HEPSPEC06", 9.25)};
  const std::array values = {std::string_view("here")};
  std::array<auditor::component_view, 10> components;
  std::array<auditor::meta_view, 10> meta;
  for (std::size_t i = 0; i < meta.size(); ++i) {
    components[i] = {names[i], 1234, scores};
    meta[i] = {names[i], values};
  }
  auditor::record_view sample("meter-1", auditor::timestamp(std::chrono::seconds(1'704'067'200)));
  sample.components = components;
  sample.meta = meta;

  measure("health_check", answers, 0, [](board_client& client) { return client.health_check().has_value(); });
  measure("add, a body of ", answers, answers.longest_body,
          [&](board_client& client) { return client.add(sample).has_value(); });
  measure("find, a record of ", answers, one, [](board_client& client) {
    const auto found = client.find("meter-1", [](const auditor::record_view&) {});
    return found && found->records == 1;
  });
  measure("for_each, records of ", answers, one, [](board_client& client) {
    std::size_t seen = 0;
    return client.for_each(auditor::query(), [&seen](const auditor::record_view&) { ++seen; }) && seen == 3;
  });
  return 0;
}
