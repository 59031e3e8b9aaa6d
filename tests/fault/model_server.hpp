// A model of Auditor behind a faulty wire: it knows exactly which records it holds, whose they are, and which answers went
// astray. SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fault {

class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 .. below-1
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(next() % limit); }
  bool percent(unsigned chance) noexcept { return below(100) < chance; }
  template <class T, std::size_t Size>
  T of(const std::array<T, Size>& choices) noexcept {
    return choices[below(Size)];
  }

 private:
  std::uint64_t state_;
};

// ---- the records that exist in this world: few ids, three contents each ------------------------------------------

enum class content : std::uint8_t { closed, open, other };  // `open` is `closed` without its stop time

constexpr std::size_t ids = 16;
constexpr std::size_t fat_id = 13;  // its record has 2 KB

struct known_record {
  auditor::record value;
  std::string text;     // as the client writes it
  std::string answer;   // as the server sends it
  std::string without;  // ... when it cannot read the components
};

inline std::string id_of(std::size_t i) {
  return std::string("job#") + static_cast<char>('0' + i / 10) + static_cast<char>('0' + i % 10);
}

class record_pool {
 public:
  static const known_record& at(std::size_t id, content what) {
    static const record_pool pool;
    return pool.records_[id][static_cast<std::size_t>(what)];
  }

 private:
  record_pool() {
    for (std::size_t id = 0; id < ids; ++id)
      for (const content what : {content::closed, content::open, content::other}) {
        const auto start = auditor::timestamp{std::chrono::hours{450'000 + 24 * static_cast<int>(id)}};
        const std::int64_t amount = what == content::other ? 99 : 4;
        auditor::record r{id_of(id), start};
        r.with_component(auditor::component{"CPU", amount}.with_score("HEPSPEC06", 9.25))
            .with_meta("site", id % 2 == 0 ? "even" : "odd");
        if (id == fat_id) r.with_meta("fat", std::vector<std::string>(20, std::string(100, 'f')));
        if (what != content::open)
          r.with_stop_time(auditor::timestamp{std::chrono::hours{451'000}} + std::chrono::minutes{(id * 7) % ids});
        known_record& known = records_[id][static_cast<std::size_t>(what)];
        known.value = r;
        auditor::encode_record(r, known.text);
        known.answer = known.text.substr(0, known.text.size() - 1) + ",\"runtime\":null}";
        const std::size_t from = known.answer.find("\"components\":") + 13, to = known.answer.find(",\"start_time\"");
        known.without = known.answer.substr(0, from) + "null" + known.answer.substr(to);
      }
  }
  std::array<std::array<known_record, 3>, ids> records_;
};

// ---- what may go wrong with one request -------------------------------------------------------------------------

enum class mishap : std::uint8_t {
  none,
  refuse,          // nothing was sent
  lose_request,    // the connection dies before the server saw it
  lose_answer,     // applied; the answer never comes
  cut_answer,      // applied; the answer breaks off at some byte
  time_out,        // applied or not; nobody knows
  foreign_before,  // somebody else answers, and the server never saw it
  foreign_after,   // the server did it, and somebody else answers
  database_down,   // 500 for writes, 200 and nothing for reads
  commit_unknown,  // 500, though it was stored
  clean_cut,       // a read that ends early, with a clean end
  cancel_request,  // cancelled while it is sent, before the server saw it
  cancel_answer,   // ... after
};
constexpr std::array all_faults = {mishap::refuse,        mishap::lose_request,   mishap::lose_answer,
                                   mishap::cut_answer,    mishap::time_out,       mishap::foreign_before,
                                   mishap::foreign_after, mishap::database_down,  mishap::commit_unknown,
                                   mishap::clean_cut,     mishap::cancel_request, mishap::cancel_answer};

/// Will asking again help, in the words of the protocol, section 5?
constexpr bool passes(mishap what) noexcept {
  return what == mishap::none || what == mishap::refuse || what == mishap::lose_request || what == mishap::lose_answer ||
         what == mishap::cut_answer || what == mishap::time_out || what == mishap::database_down ||
         what == mishap::commit_unknown || what == mishap::clean_cut;
}

struct foreign_answer {
  int status;
  std::string_view body;
  bool certain;  // says that nothing was applied
  bool passes;   // asking again may help
};
inline constexpr std::string_view page = "<html><body>Something else</body></html>";
inline constexpr std::array foreign_before_answers = {
    foreign_answer{200, page, false, false},
    foreign_answer{200, "{\"status\":\"ok\"}", false, false},
    foreign_answer{201, "", false, false},
    foreign_answer{202, "", false, false},
    foreign_answer{204, "", false, false},
    foreign_answer{206, "", false, false},
    foreign_answer{301, "", true, false},
    foreign_answer{302, page, true, false},
    foreign_answer{307, "", true, false},
    foreign_answer{400, page, false, false},
    foreign_answer{400, "", false, false},
    foreign_answer{401, "", true, false},
    foreign_answer{403, "Insufficient permissions", true, false},
    foreign_answer{403, page, true, false},
    foreign_answer{404, page, true, false},
    foreign_answer{404, "The requested resource was not found. 404 Not Found", true, false},
    foreign_answer{405, "", true, false},
    foreign_answer{408, "", false, true},
    foreign_answer{409, page, false, false},
    foreign_answer{411, "", true, false},
    foreign_answer{413, page, true, false},
    foreign_answer{415, "", true, false},
    foreign_answer{425, "", false, true},
    foreign_answer{429, "", false, true},
    foreign_answer{500, page, false, true},
    foreign_answer{500, "RECORD_EXISTS\n", false, true},
    foreign_answer{501, "", true, false},
    foreign_answer{502, page, false, true},
    foreign_answer{503, "", false, true},
    foreign_answer{504, page, false, true},
    foreign_answer{505, "", true, false},
};

// ---- the model --------------------------------------------------------------------------------------------------

enum class owner : std::uint8_t { nobody, client, stranger };

struct held {
  owner whose{};
  content what{};
};

struct answer {
  int status = 200;
  std::string body;
  std::int32_t retry_after = -1;
};

/// What a history does to the client: fixed for the history, or drawn for each request.
struct weather {
  unsigned fault_percent = 0;
  std::array<mishap, 4> planned{};  // the faults of the first requests
  std::size_t planned_count = 0;
  unsigned writer_percent = 0;   // a second writer stores a record before a request
  unsigned archive_percent = 0;  // a record is deleted before a request
  bool warns = false;            // ignore_record_exists_error
  bool names_line = true;        // a 400 says which line
  bool health_forbidden = false;
  std::size_t body_limit = 2'097'152;
  std::uint32_t refused_ids = 0;     // bits: records that its parser refuses
  std::uint32_t unreadable_ids = 0;  // bits: records that it sends without components
  std::size_t down_for = 0;          // the first requests meet a dead database
};

/// What one request was, and what became of it.
struct seen_request {
  auditor::verb method{};
  std::string target;
  std::vector<std::size_t> ids;  // of a write
  bool applied = false;          // the server did what it asked for
  bool told = false;             // ... and the client got the server's own answer in full
  bool clean = false;            // ... which was success
  bool certain = true;           // the client can know what became of it
  bool inside = false;           // a read that ended inside a record, with a clean end
  bool emptied = false;          // a read that had something to say, and said nothing, with a clean end
};

class model_server {
 public:
  model_server(const weather& sky, random_source& chance) : sky_(sky), chance_(chance) {}

  std::array<held, ids> table{};
  std::array<unsigned, ids> inserts{};  // by the client
  std::array<unsigned, ids> puts{};
  std::array<unsigned, ids> strangers{};  // inserts by others
  std::array<bool, ids> deleted{};
  std::array<bool, ids> unsure{};  // some answer about it was lost, or was somebody else's
  std::array<bool, ids> was_there{};
  std::vector<seen_request> requests;
  unsigned faults = 0;  // that happened
  bool only_passing_faults = true;
  bool changed = false;  // by others, during the call
  bool cancelled = false;
  bool returned = false;            // the call is over
  bool several = false;             // requests may be under way at once
  const char* violation = nullptr;  // of the rules of the wire
  auditor::cancel_flag flag;

  struct stream_state {
    answer what;
    std::size_t at = 0;
    std::size_t breaks_after = SIZE_MAX;
    auditor::errc breaks_with{};
    std::size_t chunk = SIZE_MAX;
    std::size_t told_to_its_end = SIZE_MAX;  // the request of this answer, if nothing breaks it off
  };

  auditor::result<auditor::response_head> open(stream_state& s, const auditor::request_view& request) {
    if (returned) violation = "a request after the call returned";
    if (cancelled) violation = "a request after the cancellation";
    if (requests.size() > 2'000) {
      violation = "requests without end";
      return auditor::error(auditor::errc::tls_failed);
    }
    happen();
    seen_request& seen = requests.emplace_back();
    seen.method = request.method;
    seen.target = request.target;
    if (request.method != auditor::verb::get) read_body(request, seen);
    s = {};
    s.chunk = chance_.percent(50) ? SIZE_MAX : 1 + chance_.below(200);
    number_ = requests.size() - 1;
    const mishap what = draw();
    if (what != mishap::none) {
      ++faults;
      only_passing_faults = only_passing_faults && passes(what);
    }
    return request.method == auditor::verb::get ? get(s, request, what) : write(s, request, what);
  }

  auditor::result<std::size_t> read(stream_state& s, std::span<char> into) {
    // Of several requests under way, one learns of the cancellation of another when its own answer is there.
    if (cancelled && !several) violation = "a read after the cancellation";
    const std::size_t end = (std::min)(s.what.body.size(), s.breaks_after);
    const std::size_t n = (std::min)({end - s.at, into.size(), s.chunk});
    if (n == 0 && s.breaks_after != SIZE_MAX) return broken(s);
    std::memcpy(into.data(), s.what.body.data() + s.at, n);
    s.at += n;
    if (n == 0 && s.told_to_its_end != SIZE_MAX) requests[s.told_to_its_end].told = true;
    return n;
  }

  bool forbids(std::size_t id) const noexcept { return (sky_.refused_ids >> id & 1) != 0; }
  bool hides(std::size_t id) const noexcept { return (sky_.unreadable_ids >> id & 1) != 0; }

 private:
  auditor::error broken(const stream_state& s) {
    if (s.breaks_with == auditor::errc::cancelled) cancel();
    return auditor::error(s.breaks_with, "the wire broke");
  }
  void cancel() {
    flag.request();
    cancelled = true;
  }

  mishap draw() {
    if (number_ < sky_.down_for) return mishap::database_down;
    if (number_ < sky_.planned_count) return sky_.planned[number_];
    return chance_.percent(sky_.fault_percent) ? chance_.of(all_faults) : mishap::none;
  }

  void happen() {
    if (chance_.percent(sky_.writer_percent)) {
      const std::size_t id = chance_.below(ids);
      if (table[id].whose == owner::nobody) {
        table[id] = {owner::stranger, static_cast<content>(chance_.below(3))};
        ++strangers[id];
        changed = true;
      }
    }
    if (chance_.percent(sky_.archive_percent)) {
      const std::size_t id = chance_.below(ids);
      if (table[id].whose != owner::nobody) {
        table[id] = {};
        deleted[id] = changed = true;
      }
    }
  }

  // ---- writes ---------------------------------------------------------------------------------------------------

  // One record a line, as the protocol asks for: then the line number of a 400 names the culprit.
  void read_body(const auditor::request_view& request, seen_request& seen) {
    lines_.clear();
    std::string_view body = request.body;
    if (request.target == "/records") {
      if (body.size() < 2 || body.front() != '[' || body.back() != ']') {
        violation = "a bulk that is no array";
        return;
      }
      body = body.substr(1, body.size() - 2);
    } else if (request.target != "/record") {
      violation = "a write to an unknown route";
    }
    constexpr std::string_view between = ",\n";
    for (;;) {
      const std::size_t end = body.find(between);
      lines_.push_back(body.substr(0, end));
      if (end == std::string_view::npos) break;
      body.remove_prefix(end + between.size());
    }
    contents_.clear();
    for (const std::string_view line : lines_) {
      constexpr std::string_view begin = "{\"record_id\":\"job#";
      std::size_t id = ids;
      if (line.starts_with(begin) && line.size() > begin.size() + 2)
        id = static_cast<std::size_t>((line[begin.size()] - '0') * 10 + (line[begin.size() + 1] - '0'));
      std::optional<content> what;
      for (const content each : {content::closed, content::open, content::other})
        if (id < ids && line == record_pool::at(id, each).text) what = each;
      if (!what) {
        violation = "a record that nobody gave to the client";
        return;
      }
      if (!seen.ids.empty() && id <= seen.ids.back()) violation = "a bulk that is not sorted, or holds an id twice";
      seen.ids.push_back(id);
      contents_.push_back(*what);
    }
  }

  answer apply(const auditor::request_view& request, seen_request& seen) {
    if (request.body.size() > sky_.body_limit) return {413, "JSON payload is larger than allowed", -1};
    for (std::size_t i = 0; i < seen.ids.size(); ++i)
      if (forbids(seen.ids[i])) {
        std::string text = "Json deserialize error: invalid value: string \" at line 77\", expected a name";
        if (sky_.names_line) text += " at line " + std::to_string(i + 1) + " column 14";
        return {400, text, -1};
      }
    if (request.method == auditor::verb::put) return apply_put(seen);
    for (std::size_t i = 0; i < seen.ids.size(); ++i)
      if (table[seen.ids[i]].whose != owner::nobody) {
        if (!sky_.warns) return {500, "RECORD_EXISTS", -1};
        return {200,
                request.target == "/record"
                    ? "{\"warning\":\"Record already exists, but the error was ignored due to AUDITOR configuration.\"}"
                    : "{\"warning\":\"One or more records already exist, but the error was ignored\"}",
                -1};
      }
    for (std::size_t i = 0; i < seen.ids.size(); ++i) {
      table[seen.ids[i]] = {owner::client, contents_[i]};
      ++inserts[seen.ids[i]];
    }
    seen.applied = true;
    return {};
  }

  answer apply_put(seen_request& seen) {
    const std::size_t id = seen.ids.front();
    if (table[id].whose == owner::nobody) return {404, "Updating unknown record " + id_of(id) + " not possible.", -1};
    if (table[id].what == content::open) table[id].what = content::closed;
    ++puts[id];
    seen.applied = true;
    return {};
  }

  void astray(seen_request& seen) {
    seen.certain = false;
    for (const std::size_t id : seen.ids) unsure[id] = true;
  }

  auditor::result<auditor::response_head> write(stream_state& s, const auditor::request_view& request, mishap what) {
    using auditor::errc;
    seen_request& seen = requests.back();
    switch (what) {
      case mishap::refuse: return auditor::error(errc::connect_failed, "refused");
      case mishap::time_out:
        if (chance_.percent(50)) apply(request, seen);
        astray(seen);
        return auditor::error(errc::timed_out, "no answer");
      case mishap::lose_answer: apply(request, seen); [[fallthrough]];
      case mishap::lose_request: astray(seen); return auditor::error(errc::connection_lost, "lost");
      case mishap::cancel_answer: apply(request, seen); [[fallthrough]];
      case mishap::cancel_request:
        astray(seen);
        cancel();
        return auditor::error(errc::cancelled);
      case mishap::foreign_after:
      case mishap::foreign_before: {
        foreign_answer strange = chance_.of(foreign_before_answers);
        if (what == mishap::foreign_after) {
          while (strange.certain) strange = chance_.of(foreign_before_answers);
          apply(request, seen);
        }
        only_passing_faults = only_passing_faults && strange.passes;
        if (!strange.certain) astray(seen);
        return show(s, {strange.status, std::string(strange.body), strange.passes && chance_.percent(30) ? 1 : -1});
      }
      case mishap::commit_unknown: apply(request, seen); [[fallthrough]];
      case mishap::database_down: astray(seen); return show(s, {500, "UNEXPECTED_ERROR", -1});
      case mishap::cut_answer: {
        const answer whole = apply(request, seen);
        astray(seen);
        s.breaks_after = chance_.below(whole.body.size() + 1);
        s.breaks_with = chance_.percent(50) ? errc::connection_lost : errc::timed_out;
        return show(s, whole);
      }
      case mishap::clean_cut:  // means nothing to a write
      case mishap::none: break;
    }
    const answer whole = apply(request, seen);
    seen.told = true;
    seen.clean = whole.status == 200 && whole.body.empty();
    return show(s, whole);
  }

  auditor::result<auditor::response_head> show(stream_state& s, answer what) {
    s.what = std::move(what);
    return auditor::response_head{s.what.status, s.what.retry_after};
  }

  // ---- reads ----------------------------------------------------------------------------------------------------

  auditor::result<auditor::response_head> get(stream_state& s, const auditor::request_view& request, mishap what) {
    using auditor::errc;
    seen_request& seen = requests.back();
    switch (what) {
      case mishap::refuse: return auditor::error(errc::connect_failed, "refused");
      case mishap::time_out: return auditor::error(errc::timed_out, "no answer");
      case mishap::lose_answer:
      case mishap::lose_request: return auditor::error(errc::connection_lost, "lost");
      case mishap::foreign_after:
      case mishap::foreign_before: {
        const foreign_answer strange = chance_.of(foreign_before_answers);
        only_passing_faults = only_passing_faults && strange.passes;
        return show(s, {strange.status, std::string(strange.body), -1});
      }
      default: break;
    }
    if (request.target == "/health_check") {
      if (what == mishap::cancel_answer || what == mishap::cancel_request) {
        cancel();
        return auditor::error(errc::cancelled);
      }
      if (what == mishap::cut_answer) {
        s.breaks_after = 0;
        s.breaks_with = errc::connection_lost;
      }
      seen.told = seen.clean = what == mishap::none || what == mishap::clean_cut;
      if (sky_.health_forbidden) return show(s, {403, "Insufficient permissions", -1});
      if (what == mishap::database_down || what == mishap::commit_unknown) return show(s, {500, "", -1});
      return show(s, {});
    }
    answer whole = select(request.target);
    const bool had_some = !whole.body.empty();
    switch (what) {
      case mishap::database_down:
      case mishap::commit_unknown: whole.body.clear(); break;
      case mishap::clean_cut:
        whole.body.resize(chance_.percent(70) ? ends_[chance_.below(ends_.size())] : chance_.below(whole.body.size() + 1));
        break;
      case mishap::cut_answer:
      case mishap::cancel_request:
      case mishap::cancel_answer:
        s.breaks_after = chance_.below(whole.body.size() + 1);
        s.breaks_with = what == mishap::cut_answer ? errc::connection_lost : errc::cancelled;
        break;
      default: s.told_to_its_end = number_;
    }
    seen.inside = s.breaks_after == SIZE_MAX && std::find(ends_.begin(), ends_.end(), whole.body.size()) == ends_.end();
    seen.emptied = had_some && whole.body.empty();
    return show(s, std::move(whole));
  }

  answer select(std::string_view target) {
    chosen_.clear();
    const auto has = [target](std::string_view part) { return target.find(part) != std::string_view::npos; };
    std::size_t only = ids, limit = SIZE_MAX;
    if (const std::size_t at = target.find("record_id=job%23"); at != std::string_view::npos)
      only = static_cast<std::size_t>((target[at + 16] - '0') * 10 + (target[at + 17] - '0'));
    if (const std::size_t at = target.find("limit="); at != std::string_view::npos) {
      limit = 0;
      for (std::size_t i = at + 6; i < target.size() && target[i] >= '0' && target[i] <= '9'; ++i)
        limit = limit * 10 + static_cast<std::size_t>(target[i] - '0');
    }
    for (std::size_t id = 0; id < ids; ++id)
      if (table[id].whose != owner::nobody && (only == ids || only == id) && (!has("meta[site]") || id % 2 == 0))
        chosen_.push_back(id);
    if (has("sort_by[desc]=record_id"))
      std::reverse(chosen_.begin(), chosen_.end());
    else if (has("sort_by[asc]=start_time") || has("sort_by[asc]=record_id")) {
    }  // both are the order of the numbers
    else
      std::sort(chosen_.begin(), chosen_.end(), [this](std::size_t a, std::size_t b) {
        const auto stop = [this](std::size_t id) { return record_pool::at(id, table[id].what).value.stop_time; };
        if (!stop(a) || !stop(b)) return stop(a) || stop(b) ? bool(stop(a)) : a < b;
        return *stop(a) < *stop(b);
      });
    if (chosen_.size() > limit) chosen_.resize(limit);
    answer whole;
    ends_.assign(1, 0);
    for (const std::size_t id : chosen_) {
      const known_record& known = record_pool::at(id, table[id].what);
      whole.body += hides(id) ? known.without : known.answer;
      ends_.push_back(whole.body.size());
    }
    return whole;
  }

  const weather& sky_;
  random_source& chance_;
  std::size_t number_ = 0;
  std::vector<std::string_view> lines_;
  std::vector<content> contents_;
  std::vector<std::size_t> chosen_, ends_;
};

/// The wire between the client and the model.
class faulty_transport {
 public:
  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call&) { return server_->read(state_, into); }

   private:
    friend class faulty_transport;
    model_server* server_ = nullptr;
    model_server::stream_state state_;
  };

  explicit faulty_transport(model_server& server) noexcept : server_(&server) {}
  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request, const auditor::call&) {
    s.server_ = server_;
    return server_->open(s.state_, request);
  }

 private:
  model_server* server_;
};

}  // namespace fault
