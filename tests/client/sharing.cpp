// Adds that share requests: which travel together, and that each is what it would be alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/transport/any.hpp>

#include "catch.hpp"
#include "task.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace auditor;
using namespace std::chrono_literals;
using on_loop = testing::manual_async_executor;

const timestamp start{std::chrono::hours{450'000}};

record sample(std::string id) { return record{std::move(id), start}; }
record ended(std::string id) { return sample(std::move(id)).with_stop_time(start + 1h); }
std::string json(const record& r) {
  std::string text;
  REQUIRE_FALSE(encode_record(r, text));
  return text;
}

/// A transport whose requests are under way until the test answers them.
class patient_wire {
 public:
  class stream;
  struct request {
    std::string line, body;
    stream* from = nullptr;  // null: it was dropped, or is over
  };

  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { forget(); }
    void async_read(std::span<char> into, completion<std::size_t> got) {
      const std::size_t n = (std::min)(into.size(), text_.size());
      std::copy_n(text_.data(), n, into.data());
      text_.erase(0, n);
      if (n == 0 && breaks_) return got(error(errc::connection_lost));
      got(n);
    }
    void cancel() noexcept {
      if (opened_.fn == nullptr) return;
      forget();
      std::exchange(opened_, {})(error(errc::cancelled));
    }

   private:
    friend class patient_wire;
    void forget() noexcept {
      if (of_ != nullptr) std::exchange(of_, nullptr)->from = nullptr;
    }
    request* of_ = nullptr;
    completion<response_head> opened_;
    std::string text_;
    bool breaks_ = false;
  };

  void async_open(stream& s, const request_view& asked, completion<response_head> opened) {
    s.forget();
    request& made = sent_->emplace_back();
    made.line = std::string(to_string(asked.method)).append(" ").append(asked.target);
    made.body = asked.body;
    made.from = &s;
    s.of_ = &made;
    s.opened_ = opened;
    s.text_.clear();
    s.breaks_ = false;
  }

  const std::deque<request>& sent() const noexcept { return *sent_; }
  bool is_under_way(std::size_t i) const { return (*sent_)[i].from != nullptr; }
  std::size_t under_way() const {
    return static_cast<std::size_t>(
        std::count_if(sent_->begin(), sent_->end(), [](const request& each) { return each.from != nullptr; }));
  }
  void answer(std::size_t i, int status = 200, std::string text = "", bool breaks = false) {
    REQUIRE(i < sent_->size());
    REQUIRE(is_under_way(i));
    stream& s = *(*sent_)[i].from;
    s.forget();
    s.text_ = std::move(text);
    s.breaks_ = breaks;
    response_head head;
    head.status = status;
    std::exchange(s.opened_, {})(head);
  }
  void fail(std::size_t i, errc code) {
    REQUIRE(is_under_way(i));
    stream& s = *(*sent_)[i].from;
    s.forget();
    std::exchange(s.opened_, {})(error(code));
  }

 private:
  std::shared_ptr<std::deque<request>> sent_ = std::make_shared<std::deque<request>>();
};
static_assert(async_transport<patient_wire>);

options sharing() {
  options settings;
  settings.share_requests = true;
  return settings;
}

using sharing_client = client<patient_wire, on_loop>;

struct bench {
  explicit bench(const options& settings = sharing()) : asked(std::in_place, wire, on, settings) {}

  ~bench() {
    if (!asked) return;
    asked->drain(0s, [](bool) {});
    loop.run_due();
  }
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;

  void add(const record& r, const add_options& call = {}) {
    asked->add(r, call, [this, id = r.record_id](result<receipt> got) {
      CHECK_FALSE(told.contains(id));
      told.insert_or_assign(id, std::move(got));
    });
    loop.run_due();
  }
  /// Adds "first", which goes alone, and behind it these, which wait for it.
  void queue(const std::vector<std::string>& ids, const add_options& call = {}) {
    add(sample("first"));
    for (const std::string& each : ids) add(sample(each), call);
    REQUIRE(wire.sent().size() == 1);
  }
  void answer(std::size_t i, int status = 200, std::string text = "", bool breaks = false) {
    wire.answer(i, status, std::move(text), breaks);
    loop.run_due();
  }
  void fail(std::size_t i, errc code = errc::connection_lost) {
    wire.fail(i, code);
    loop.run_due();
  }
  void run_for(ticks time) {
    for (const ticks end = loop.now() + time; loop.now() < end; loop.advance(ticks{10})) loop.run_due();
    loop.run_due();
  }
  delivery how(const std::string& id) const {
    REQUIRE(told.contains(id));
    INFO(id << ": " << message(told.at(id).error()));
    REQUIRE(told.at(id).has_value());
    return told.at(id)->how;
  }
  error why(const std::string& id) const {
    REQUIRE(told.contains(id));
    REQUIRE_FALSE(told.at(id).has_value());
    CHECK(told.at(id).error().record_id() == id);
    CHECK(told.at(id).error().index == 0);
    return told.at(id).error();
  }

  testing::manual_loop loop;
  on_loop on{loop};
  patient_wire wire;
  std::optional<sharing_client> asked;
  std::map<std::string, result<receipt>> told;
};

std::string together(const std::vector<std::string>& ids) {
  std::string body;
  for (const std::string& each : ids) body.append(body.empty() ? "[" : ",\n").append(json(sample(each)));
  return body + "]";
}

}  // namespace

TEST_CASE("without the option adds share nothing") {
  bench b{options{}};
  for (const char* id : {"a", "b", "c"}) b.add(sample(id));
  REQUIRE(b.wire.sent().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) b.answer(i);
  CHECK(b.told.size() == 3);
}

TEST_CASE("an add that finds nothing under way goes alone, at once") {
  bench b;
  b.add(sample("a"));
  REQUIRE(b.wire.sent().size() == 1);
  CHECK(b.wire.sent()[0].line == "POST /record");
  CHECK(b.wire.sent()[0].body == json(sample("a")));
  b.answer(0);
  CHECK(b.how("a") == delivery::stored);
  b.add(sample("b"));
  CHECK(b.wire.sent()[1].line == "POST /record");
  b.answer(1);
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("adds that come while one is under way travel together, in the order of their ids") {
  bench b;
  b.queue({"c", "a", "b"});
  b.answer(0);
  CHECK(b.how("first") == delivery::stored);
  REQUIRE(b.wire.sent().size() == 2);
  CHECK(b.wire.sent()[1].line == "POST /records");
  CHECK(b.wire.sent()[1].body == together({"a", "b", "c"}));
  CHECK(b.told.size() == 1);
  b.add(sample("d"));  // the next one
  CHECK(b.wire.sent().size() == 2);
  b.answer(1);
  for (const char* id : {"a", "b", "c"}) {
    CHECK(b.how(id) == delivery::stored);
    CHECK(b.told.at(id)->attempts == 1);
  }
  REQUIRE(b.wire.sent().size() == 3);
  CHECK(b.wire.sent()[2].line == "POST /record");  // one is nobody to share with
  b.answer(2);
  CHECK(b.how("d") == delivery::stored);
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("what the end of a shared request begins travels together again") {
  bench b;
  int left = 9;
  const auto next = [&](auto self, std::string id) -> void {
    b.asked->add(sample(id), {}, [&, self, id](const result<receipt>& got) {
      CHECK(got.has_value());
      if (--left > 2) self(self, id + "+");
    });
  };
  for (const char* id : {"a", "b", "c"}) next(next, id);
  b.loop.run_due();
  CHECK(b.wire.sent().size() == 1);
  b.answer(0);  // "a+" comes in time
  REQUIRE(b.wire.sent().size() == 2);
  CHECK(b.wire.sent()[1].body == together({"a+", "b", "c"}));
  b.answer(1);  // and so do all of these
  REQUIRE(b.wire.sent().size() == 3);
  CHECK(b.wire.sent()[2].body == together({"a++", "b+", "c+"}));
  b.answer(2);
  CHECK(b.wire.sent().size() == 3 + (left > 0 ? 1 : 0));
  for (std::size_t i = 3; i < b.wire.sent().size(); ++i) b.answer(i);
  CHECK(left == 0);
}

TEST_CASE("a shared request holds at most max_batch records and max_body bytes") {
  options settings = sharing();
  settings.max_batch = 3;
  bench b{settings};
  b.queue({"a", "b", "c", "d", "e"});
  b.answer(0);
  CHECK(b.wire.sent()[1].body == together({"a", "b", "c"}));
  CHECK(b.wire.under_way() == 1);
  b.answer(1);
  CHECK(b.wire.sent()[2].body == together({"d", "e"}));
  b.answer(2);
  CHECK(b.told.size() == 6);

  settings.max_batch = 500;
  settings.max_body = 2 * json(sample("a")).size() + 10;
  bench c{settings};
  c.queue({"a", "b", "c", "d", "e"});
  c.answer(0);
  CHECK(c.wire.sent()[1].body == together({"a", "b"}));
  c.answer(1);
  CHECK(c.wire.sent()[2].body == together({"c", "d"}));
  c.answer(2);
  CHECK(c.wire.sent()[3].line == "POST /record");
  c.answer(3);
  CHECK(c.told.size() == 6);
}

TEST_CASE("what is wrong with a record is said at once, and nobody waits for it") {
  bench b;
  b.queue({"a"});
  b.add(sample(" "));
  CHECK(b.told.at(" ").error().code == errc::invalid_record);
  b.answer(0);
  CHECK(b.wire.sent()[1].line == "POST /record");
  b.answer(1);
}

TEST_CASE("a record that is known takes nothing from those it travels with") {
  bench b;
  b.queue({"a", "b", "c", "known"});
  b.answer(0);
  b.add(sample("next"));
  b.add(sample("next too"));
  b.answer(1, 500, "RECORD_EXISTS");
  // Each alone, and at the same time what waited.
  REQUIRE(b.wire.sent().size() == 7);
  CHECK(b.wire.under_way() == 5);
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 2; i < 7; ++i) at[b.wire.sent()[i].body] = i;
  CHECK(b.wire.sent()[at.at(together({"next", "next too"}))].line == "POST /records");
  b.answer(at.at(json(sample("known"))), 500, "RECORD_EXISTS");
  CHECK(b.why("known").code == errc::record_exists);
  CHECK(b.why("known").outcome == outcome::duplicate);
  CHECK(b.why("known").attempts == 1);
  for (const char* id : {"a", "b", "c"}) {
    b.answer(at.at(json(sample(id))));
    CHECK(b.how(id) == delivery::stored);
    CHECK(b.told.at(id)->attempts == 1);
  }
  b.answer(at.at(together({"next", "next too"})));
  CHECK(b.how("next") == delivery::stored);
  CHECK(b.told.size() == 7);
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("many that travelled with one that is known are sent again in parts") {
  bench b;
  std::vector<std::string> ids;
  for (int i = 10; i < 42; ++i) ids.push_back("r" + std::to_string(i));
  b.queue(ids);
  b.answer(0);
  b.answer(1, 500, "RECORD_EXISTS");
  REQUIRE(b.wire.sent().size() == 10);  // eight parts of four
  for (std::size_t i = 2; i < 10; ++i) CHECK(b.wire.sent()[i].line == "POST /records");
  CHECK(b.wire.sent()[2].body == together({"r10", "r11", "r12", "r13"}));
  for (std::size_t i = 3; i < 10; ++i) b.answer(i);
  CHECK(b.told.size() == 29);
  b.answer(2, 200, R"({"warning":"One or more records already exist"})");
  REQUIRE(b.wire.sent().size() == 14);
  for (std::size_t i = 10; i < 14; ++i) CHECK(b.wire.sent()[i].line == "POST /record");
  b.answer(10, 500, "RECORD_EXISTS");
  for (std::size_t i = 11; i < 14; ++i) b.answer(i);
  CHECK(b.told.size() == 33);
  CHECK(b.why("r10").code == errc::record_exists);
}

TEST_CASE("each policy says what it says alone") {
  bench b;
  b.add(sample("first"));
  b.add(ended("compared"), {.duplicates = on_duplicate::compare});
  b.add(ended("conflict"), {.duplicates = on_duplicate::compare});
  b.add(sample("fails"));
  b.add(sample("ignored"), {.duplicates = on_duplicate::ignore});
  b.add(ended("updated"), {.duplicates = on_duplicate::update});
  b.answer(0);
  b.answer(1, 500, "RECORD_EXISTS");
  REQUIRE(b.wire.sent().size() == 7);
  for (std::size_t i = 2; i < 7; ++i) b.answer(i, 500, "RECORD_EXISTS");
  CHECK(b.how("ignored") == delivery::ignored);
  CHECK(b.why("fails").code == errc::record_exists);
  REQUIRE(b.wire.sent().size() == 10);
  b.answer(7, 200, json(ended("compared")));
  CHECK(b.how("compared") == delivery::equal);
  b.answer(8, 200, json(sample("conflict")));
  CHECK(b.why("conflict").code == errc::conflict);
  b.answer(9, 200, json(sample("updated")));
  REQUIRE(b.wire.sent().size() == 11);
  CHECK(b.wire.sent()[10].line == "PUT /record");
  b.answer(10);
  CHECK(b.how("updated") == delivery::stop_time_set);
}

TEST_CASE("a record that the server cannot read takes nothing from the others") {
  bench b;
  b.queue({"a", "b"});
  b.answer(0);
  b.answer(1, 400, "Json deserialize error: something at line 2 column 5");
  REQUIRE(b.wire.sent().size() == 4);
  b.answer(2);
  b.answer(3, 400, "Json deserialize error: something at line 1 column 5");
  CHECK(b.how("a") == delivery::stored);
  CHECK(b.why("b").code == errc::invalid_record);
  CHECK(b.why("b").outcome == outcome::rejected);
  CHECK(b.why("b").words().find("line 1") != std::string_view::npos);
}

TEST_CASE("what is too large together goes in smaller requests from then on") {
  bench b;
  b.queue({"a", "b", "c", "d"});
  b.answer(0);
  b.answer(1, 413, "too large");
  for (std::size_t i = 2; i < 6; ++i) b.answer(i);
  CHECK(b.told.size() == 5);
  b.add(sample("e"));
  for (const char* id : {"f", "g", "h", "i"}) b.add(sample(id));
  b.answer(6);
  CHECK(b.wire.sent()[7].body == together({"f", "g"}));
  b.answer(7);
  b.answer(8);
  CHECK(b.told.size() == 10);
}

TEST_CASE("behind a lost answer each add repeats its own, and tells it from a stranger's") {
  bench b;
  b.queue({"a", "b"});
  b.answer(0);
  b.fail(1);  // it was stored
  CHECK(b.told.size() == 1);
  b.run_for(1s);
  // Who comes first goes alone; it meets its own record and looks.
  REQUIRE(b.wire.sent().size() == 3);
  const bool is_a = b.wire.sent()[2].body == json(sample("a"));
  b.answer(2, 500, "RECORD_EXISTS");
  REQUIRE(b.wire.sent().size() == 5);
  std::size_t look = 3, other = 4;
  if (b.wire.sent()[look].line == "POST /record") std::swap(look, other);
  b.answer(other, 500, "RECORD_EXISTS");
  b.answer(look, 200, json(sample(is_a ? "a" : "b")));
  b.answer(5, 200, json(sample(is_a ? "b" : "a")));
  for (const char* id : {"a", "b"}) {
    CHECK(b.how(id) == delivery::already_stored);
    CHECK(b.told.at(id)->attempts == 2);
  }
}

TEST_CASE("without an attempt left each add stays unknown, or not applied") {
  options settings = sharing();
  settings.retry.write_attempts = 1;
  for (const auto& [code, means] :
       {std::pair(errc::connection_lost, outcome::unknown), std::pair(errc::connect_failed, outcome::not_applied)}) {
    bench b{settings};
    b.queue({"a", "b"});
    b.answer(0);
    b.fail(1, code);
    for (const char* id : {"a", "b"}) {
      const error e = b.why(id);
      CHECK(e.code == code);
      CHECK(e.outcome == means);
      CHECK(e.attempts == 1);
      CHECK(e.request == route::post_records);
    }
    CHECK(b.loop.waiting() == 0);
  }
}

TEST_CASE("an answer to all is one to each") {
  bench b;
  b.queue({"a", "b"});
  b.answer(0);
  b.fail(1, errc::tls_failed);
  for (const char* id : {"a", "b"}) {
    CHECK(b.why(id).code == errc::tls_failed);
    CHECK(b.why(id).outcome == outcome::not_applied);
  }
}

TEST_CASE("where several are refused together each goes alone") {
  for (const int status : {403, 404}) {
    bench b;
    b.queue({"a", "b"});
    b.answer(0);
    b.answer(1, status, status == 403 ? "Insufficient permissions" : "");
    REQUIRE(b.wire.sent().size() == 4);
    CHECK(b.wire.sent()[2].line == "POST /record");
    b.answer(2);
    b.answer(3, 403, "Insufficient permissions");
    CHECK(b.how("a") == delivery::stored);
    CHECK(b.why("b").code == errc::not_authorised);
    CHECK(b.why("b").words() == "Insufficient permissions");
  }
}

TEST_CASE("an answer that breaks off is a lost one to each") {
  bench b;
  b.queue({"a", "b"}, {.timeout = 100ms});
  b.answer(0);
  b.answer(1, 200, std::string(3'000, 'x'), true);
  b.run_for(100ms);
  for (const char* id : {"a", "b"}) {
    CHECK(b.why(id).outcome == outcome::unknown);
    CHECK(b.why(id).code == errc::connection_lost);
  }
}

TEST_CASE("a foreign page without an end is nobody's") {
  options settings = sharing();
  settings.retry.write_attempts = 1;
  bench b{settings};
  b.queue({"a", "b"});
  b.answer(0);
  b.answer(1, 200, std::string(200'000, 'x'));
  CHECK(b.why("a").code == errc::not_auditor);
  CHECK(b.why("b").outcome == outcome::unknown);
}

TEST_CASE("a request that has failed once holds nobody up") {
  bench b;
  b.queue({"a", "b"});
  b.fail(0);
  REQUIRE(b.wire.sent().size() == 2);  // "first" waits for its next attempt
  CHECK(b.wire.sent()[1].body == together({"a", "b"}));
  b.add(sample("c"));
  b.fail(1);
  CHECK(b.wire.sent()[2].body == json(sample("c")));
  b.answer(2);
  CHECK(b.how("c") == delivery::stored);
}

TEST_CASE("a request that comes to no end holds nobody up for longer than a second") {
  bench b;
  b.queue({"a", "b"});
  b.run_for(500ms);
  CHECK(b.wire.sent().size() == 1);
  b.run_for(600ms);
  REQUIRE(b.wire.sent().size() == 2);
  b.add(sample("c"));
  b.run_for(500ms);
  CHECK(b.wire.sent().size() == 2);
  b.run_for(600ms);
  REQUIRE(b.wire.sent().size() == 3);
  for (std::size_t i = 3; i-- > 0;) b.answer(i);
  CHECK(b.told.size() == 4);
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("of two of one id the second waits for the first") {
  bench b;
  b.add(sample("first"));
  for (int i = 0; i < 2; ++i)
    b.asked->add(sample("a"), {.duplicates = on_duplicate::ignore},
                 [&b, i](result<receipt> got) { b.told.insert_or_assign("a" + std::to_string(i), std::move(got)); });
  b.add(sample("b"));
  b.answer(0);
  CHECK(b.wire.sent()[1].body == together({"a", "b"}));
  b.run_for(3s);
  CHECK(b.wire.sent().size() == 2);  // whoever waits for how long
  b.answer(1);
  REQUIRE(b.wire.sent().size() == 3);
  CHECK(b.wire.sent()[2].body == json(sample("a")));
  b.answer(2, 500, "RECORD_EXISTS");
  CHECK(b.how("a0") == delivery::stored);
  CHECK(b.how("a1") == delivery::ignored);
}

TEST_CASE("an add that is ended while it waits was not applied") {
  cancel_flag flag;
  bench b;
  b.queue({"a"});
  b.add(sample("cancelled"), {.cancel = &flag});
  b.add(sample("late"), {.timeout = 300ms});
  b.add(sample("b"));
  flag.request();
  b.run_for(250ms);
  CHECK(b.why("cancelled").code == errc::cancelled);
  CHECK(b.why("cancelled").outcome == outcome::not_applied);
  CHECK(b.why("cancelled").attempts == 0);
  CHECK_FALSE(b.told.contains("late"));
  b.run_for(100ms);
  CHECK(b.why("late").code == errc::timed_out);
  CHECK(b.why("late").outcome == outcome::not_applied);
  CHECK(b.why("late").words() == "call_options::timeout is over");
  b.answer(0);
  CHECK(b.wire.sent()[1].body == together({"a", "b"}));
  b.answer(1);
  CHECK(b.told.size() == 5);
}

TEST_CASE("an add whose time ends while it waits for another turn says so, and is not sent") {
  options settings = sharing();
  settings.request = 400ms;
  settings.retry.write_first = 10ms;
  bench b(settings);
  b.queue({"a", "b"});
  b.answer(0);
  b.fail(1);
  b.add(sample("other"));
  b.run_for(300ms);
  const std::size_t sent = b.wire.sent().size();
  REQUIRE_FALSE(b.told.contains("a"));
  b.run_for(200ms);
  for (const char* id : {"a", "b"}) {
    CHECK(b.why(id).code == errc::timed_out);
    CHECK(b.why(id).outcome == outcome::unknown);
    CHECK(b.why(id).words().find("options::request is over") != std::string_view::npos);
  }
  CHECK(b.wire.sent().size() == sent);
}

TEST_CASE("an add that is ended when its turn comes was not applied either") {
  cancel_flag flag;
  bench b;
  b.queue({"a"});
  b.add(sample("b"), {.cancel = &flag});
  flag.request();
  b.answer(0);
  CHECK(b.wire.sent()[1].body == "[" + json(sample("a")) + "]");
  CHECK(b.why("b").outcome == outcome::not_applied);
  b.answer(1, 500, "RECORD_EXISTS");  // of one record: it is known whose
  CHECK(b.why("a").code == errc::record_exists);
}

TEST_CASE("an add that is ended under way is unknown, and the others go on") {
  cancel_flag flag;
  bench b;
  b.queue({"a", "b"});
  b.add(sample("cancelled"), {.cancel = &flag});
  b.add(sample("late"), {.timeout = 300ms});
  b.answer(0);
  CHECK(b.wire.sent()[1].body == together({"a", "b", "cancelled", "late"}));
  flag.request();
  b.run_for(250ms);
  CHECK(b.why("cancelled").code == errc::cancelled);
  CHECK(b.why("cancelled").outcome == outcome::unknown);
  CHECK(b.why("cancelled").attempts == 1);
  b.run_for(100ms);
  CHECK(b.why("late").code == errc::timed_out);
  CHECK(b.why("late").outcome == outcome::unknown);
  CHECK(b.wire.is_under_way(1));
  b.answer(1);
  CHECK(b.how("a") == delivery::stored);
  CHECK(b.how("b") == delivery::stored);
}

TEST_CASE("a request whose adds have all been ended is dropped") {
  cancel_flag flag;
  bench b;
  b.queue({"a", "b"}, {.cancel = &flag});
  b.answer(0);
  flag.request();
  b.run_for(250ms);
  CHECK(b.why("a").outcome == outcome::unknown);
  CHECK(b.why("b").outcome == outcome::unknown);
  CHECK_FALSE(b.wire.is_under_way(1));
  b.add(sample("c"));
  CHECK(b.wire.sent()[2].line == "POST /record");
  b.answer(2);
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("an attempt that takes too long is one of each, and is repeated") {
  options settings = sharing();
  settings.attempt = 2s;
  bench b{settings};
  b.queue({"a", "b"});
  b.answer(0);
  b.run_for(2s);
  CHECK_FALSE(b.wire.is_under_way(1));
  CHECK(b.told.size() == 1);
  b.run_for(1s);
  while (b.wire.under_way() != 0)
    for (std::size_t i = 2; i < b.wire.sent().size(); ++i)
      if (b.wire.is_under_way(i)) b.answer(i);
  CHECK(b.told.at("a")->attempts == 2);
  CHECK(b.told.at("b")->attempts == 2);
}

TEST_CASE("calls that are dropped leave nothing behind, wherever they are") {
  for (const int dropped : {0, 1, 2}) {  // alone, one of those that wait or travel, all of these
    for (const bool waits : {true, false}) {
      bench b;
      std::vector<task> calls;
      const auto run = [](bench& on_it, std::string id) -> task {
        auto got = co_await on_it.asked->add(sample(id));
        on_it.told.insert_or_assign(id, std::move(got));
      };
      for (const char* id : {"first", "a", "b", "c"}) {
        calls.push_back(run(b, id));
        b.loop.run_due();
      }
      if (!waits) b.answer(0);
      if (dropped == 0) calls[0].destroy();
      for (std::size_t i = 1; i < (dropped == 2 ? std::size_t{4} : static_cast<std::size_t>(dropped) + 1); ++i)
        calls[i].destroy();
      b.loop.run_due();
      b.run_for(10ms);
      for (std::size_t i = 0; i < b.wire.sent().size(); ++i)
        if (b.wire.is_under_way(i)) b.answer(i);
      CHECK(b.told.size() == (dropped == 0 ? (waits ? 3u : 4u) : dropped == 1 ? 3u : 1u));
      CHECK(b.loop.waiting() == 0);
      calls.clear();
    }
  }
}

TEST_CASE("a handler may cancel and drop others, begin adds, and end the client behind the last") {
  bench b;
  std::vector<task> calls;
  std::vector<std::string> over;
  const auto run = [&](std::string id) -> task {
    auto call = b.asked->add(sample(id));
    auto got = co_await call;
    over.push_back(id);
    if (id == "a") {
      calls[1].destroy();  // "b", which would be told next
      b.add(sample("d"));
    }
  };
  b.add(sample("first"));
  for (const char* id : {"a", "b", "c"}) {
    calls.push_back(run(id));
    b.loop.run_due();
  }
  b.answer(0);
  b.answer(1);
  CHECK(over == std::vector<std::string>{"a", "c"});
  b.answer(2);
  CHECK(b.how("d") == delivery::stored);
  calls.clear();

  bool is_over = false;
  b.told.clear();
  for (const char* id : {"x", "y", "z"}) b.add(sample(id));
  b.asked->drain(10s, [&](bool all) {
    is_over = all;
    b.asked.reset();
  });
  b.answer(3);
  b.answer(4);
  CHECK(is_over);
  CHECK(b.told.size() == 3);
}

TEST_CASE("a drain waits for adds that wait, and ends those that take longer") {
  bench b;
  b.queue({"a", "b"});
  std::optional<bool> drained;
  b.asked->drain(500ms, [&](bool all) { drained = all; });
  b.run_for(300ms);
  b.answer(0);
  CHECK_FALSE(drained);
  b.run_for(300ms);
  CHECK(drained == false);
  CHECK(b.why("a").outcome == outcome::unknown);
  CHECK(b.why("b").outcome == outcome::unknown);
  CHECK(b.loop.waiting() == 0);

  b.told.clear();
  b.add(sample("first"));
  b.add(sample("a"));
  b.asked->drain(0s, [&](bool all) { drained = all; });
  b.loop.run_due();
  CHECK(b.why("first").outcome == outcome::unknown);
  CHECK(b.why("a").outcome == outcome::not_applied);
}

TEST_CASE("the observer hears of each request once") {
  options settings = sharing();
  std::vector<attempt_event> events;
  settings.observer = [&events](const attempt_event& e) { events.push_back(e); };
  bench b{settings};
  b.queue({"a", "b", "c"});
  b.answer(0);
  b.answer(1, 500, "RECORD_EXISTS");
  for (std::size_t i = 2; i < 5; ++i) b.answer(i);
  b.add(sample("d"));
  b.add(sample("e"));
  b.add(sample("f"));
  b.answer(5);
  b.answer(6, 503);
  REQUIRE(events.size() == 7);
  CHECK(events[0].request == route::post_record);
  CHECK(events[1].request == route::post_records);
  CHECK(events[1].code == errc::record_exists);
  CHECK(events[1].bytes_sent == b.wire.sent()[1].body.size());
  CHECK(events[1].bytes_received == 13);
  CHECK(events[2].request == route::post_record);
  CHECK(events[6].request == route::post_records);
  CHECK(events[6].bytes_sent == b.wire.sent()[6].body.size());
  CHECK(events[6].status == 503);
  CHECK(events[6].repeats);
  CHECK(events[6].wait > 0ms);
  b.run_for(1s);
  while (b.wire.under_way() != 0)
    for (std::size_t i = 7; i < b.wire.sent().size(); ++i)
      if (b.wire.is_under_way(i)) b.answer(i);
  CHECK(events.size() == b.wire.sent().size());
  CHECK(events.back().attempt == 2);
}

TEST_CASE("futures and type-erased clients share as well, and other calls do not") {
  testing::manual_loop loop;
  on_loop on{loop};
  patient_wire wire;
  any_async_client<on_loop> asked(any_async_transport(wire), on, sharing());
  auto first = asked.add(sample("first"), {}, use_future);
  auto a = asked.add(sample("a"), {}, use_future);
  auto b = asked.add(sample("b"), {}, use_future);
  auto other = asked.update(ended("c"), {}, use_future);
  loop.run_due();
  REQUIRE(wire.sent().size() == 2);
  CHECK(wire.sent()[1].line == "PUT /record");
  wire.answer(0);
  loop.run_due();
  CHECK(wire.sent()[2].body == together({"a", "b"}));
  wire.answer(1);
  wire.answer(2);
  CHECK(first.get().has_value());
  CHECK(a.get().value().how == delivery::stored);
  CHECK(b.get().value().how == delivery::stored);
  CHECK(other.get().has_value());
}
