// More clients than the server has database connections, a database that stands still, backends that die: an answer that
// says less than the table holds is never a success. 200,000 records. How many reads get an answer, and how soon, is
// printed, and held against bars when AUDITOR_LOAD_SECONDS asks for phases of that length: a busy machine has few reads.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "real_server.hpp"

#include <cstdio>
#include <map>
#include <random>
#include <thread>

using namespace live;
using auditor::completeness;
using auditor::errc;
using auditor::query;

namespace {

// ---- what the table holds --------------------------------------------------------------------------------------------

// One record a second; in the middle a day without any; each ran for an hour.
constexpr std::size_t count = 200'000;
constexpr auditor::timestamp first_start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
constexpr auto gap = 24h;
constexpr auto runtime = 1h;

auditor::timestamp start_of(std::size_t number) {
  return first_start + std::chrono::seconds(number) + (number < count / 2 ? 0h : gap);
}
std::string id_of(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "load-" + std::string(6 - digits.size(), '0') + digits;
}
// `count` for an id that is none of ours.
std::size_t number_of(std::string_view id) {
  std::size_t number = 0;
  if (!id.starts_with("load-") || id.size() != 11) return count;
  for (const char c : id.substr(5)) number = number * 10 + static_cast<std::size_t>(c - '0');
  return (std::min)(number, count);
}

// The table holds these records and nothing else, until the test ends; then nothing, and everything runs.
class full_table {
 public:
  full_table() {
    ask_database("truncate auditor_accounting");
    ask_database(
        "insert into auditor_accounting (record_id, meta, components, start_time, stop_time, runtime, updated_at) "
        "select 'load-' || lpad(i::text, 6, '0'), "
        "jsonb_build_object('site', jsonb_build_array('site' || i % 10), 'user', jsonb_build_array('user' || i % 100), "
        "'group', jsonb_build_array('group1', 'group2')), "
        "jsonb_build_array(jsonb_build_object('name', 'Cores', 'amount', 8, 'scores', jsonb_build_array("
        "jsonb_build_object('name', 'HEPSPEC', 'value', 9.25), jsonb_build_object('name', 'HEPscore23', 'value', 11.5))), "
        "jsonb_build_object('name', 'Memory', 'amount', 16000, 'scores', jsonb_build_array())), "
        "started, started + interval '1 hour', 3600, now() "
        "from (select i, timestamptz '2024-01-01 00:00:00Z' + i * interval '1 second' + "
        "case when i < 100000 then interval '0' else interval '1 day' end as started "
        "from generate_series(0, 199999) as i) as every");
    ask_database("vacuum analyze auditor_accounting");
  }
  full_table(const full_table&) = delete;
  full_table& operator=(const full_table&) = delete;
  ~full_table() {
    signal_database(SIGCONT);
    run_program("psql --command='truncate auditor_accounting'");
    // A query that waited for the database may hold its connection still.
    auto client = connect();
    for (int i = 0; i < 10 && !client.health_check(); ++i) std::this_thread::sleep_for(500ms);
  }
};

// ---- what is counted -------------------------------------------------------------------------------------------------

enum class verdict : std::uint8_t {
  right,
  error,        // no answer
  other_state,  // the right records, but more or less certain than it should be
  wrong,        // a success that is not what the table holds
  cut_short,    // the phase was over: counts for nothing
};

struct judged {
  verdict is;
  std::string why = {};
};

class figures {
 public:
  void note(const judged& read, bool matches_nothing, double seconds) {
    if (read.is == verdict::cut_short) return;
    ++reads_;
    if (matches_nothing) ++nothing_asked_;
    if (matches_nothing && read.is == verdict::right) ++nothing_right_;
    if (read.is != verdict::right) ++others_[read.is][read.why];
    slowest_ = (std::max)(slowest_, seconds);
  }
  void add(const figures& more) {
    reads_ += more.reads_;
    nothing_asked_ += more.nothing_asked_;
    nothing_right_ += more.nothing_right_;
    for (const auto& [kind, of] : more.others_)
      for (const auto& [why, times] : of) others_[kind][why] += times;
    slowest_ = (std::max)(slowest_, more.slowest_);
  }

  std::size_t reads() const { return reads_; }
  std::size_t wrong() const { return sum(verdict::wrong); }
  std::size_t errors() const { return sum(verdict::error); }
  std::size_t nothing_asked() const { return nothing_asked_; }
  std::size_t nothing_undecided() const { return nothing_asked_ - nothing_right_; }

  void print(const std::string& phase, double seconds) const {
    std::printf(
        "load: %s: %.0f s, %zu reads, the slowest %.1f s; %s wrong; %s errors, %.2f %%; that match nothing: %zu, %.1f %% "
        "right, %s in another state\n",
        phase.c_str(), seconds, reads_, slowest_, list(verdict::wrong).c_str(), list(verdict::error).c_str(),
        percent(errors(), reads_), nothing_asked_, percent(nothing_right_, nothing_asked_),
        list(verdict::other_state).c_str());
    std::fflush(stdout);
  }

 private:
  static double percent(std::size_t part, std::size_t of) {
    return of == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(of);
  }
  std::size_t sum(verdict kind) const {
    std::size_t all = 0;
    if (const auto found = others_.find(kind); found != others_.end())
      for (const auto& [why, times] : found->second) all += times;
    return all;
  }
  std::string list(verdict kind) const {
    std::string text = std::to_string(sum(kind));
    const auto found = others_.find(kind);
    if (found == others_.end()) return text;
    const char* before = " (";
    for (const auto& [why, times] : found->second)
      text += std::exchange(before, ", ") + std::to_string(times) + " x " + why;
    return text + ")";
  }

  std::size_t reads_ = 0, nothing_asked_ = 0, nothing_right_ = 0;
  std::map<verdict, std::map<std::string, std::size_t>> others_;
  double slowest_ = 0;
};

// ---- who asks --------------------------------------------------------------------------------------------------------

enum class read : std::uint8_t { everything, range, first_three, get, find, get_single_record, nothing };
using reads = std::vector<read>;

const reads of_readers{read::range, read::first_three, read::range, read::everything,  read::range, read::first_three,
                       read::range, read::first_three, read::range, read::first_three, read::get,   read::first_three};
const reads of_finders{read::find, read::get_single_record};
const reads of_all{read::find, read::range, read::get_single_record, read::first_three,
                   read::find, read::range, read::get_single_record, read::first_three,
                   read::find, read::range, read::get_single_record, read::everything};
const reads of_none{read::nothing};

// A client of its own, with the options that everybody has.
class caller {
 public:
  caller(std::uint32_t seed, const auditor::cancel_flag& over) : random_(seed) { settings_.cancel = &over; }

  judged ask(read what) {
    switch (what) {
      case read::everything: return visit(0, count);
      case read::range: {
        constexpr std::size_t most = 20'000;
        const std::size_t begin = random_() % (count - most);
        return visit(begin, begin + 1 + random_() % most);
      }
      case read::first_three: {
        const auto found = client_.advanced_query(query{}.limit(3), settings_);
        if (!found) return refusal(found.error());
        if (ids_of(*found) == std::vector{id_of(0), id_of(1), id_of(2)}) return {verdict::right};
        return {verdict::wrong, "limit(3) of " + std::to_string(found->size())};
      }
      case read::get: {
        const auto found = client_.get(settings_);
        if (!found) return refusal(found.error());
        sightings seen;
        for (const auditor::record& r : *found) seen.add(r.record_id);
        return judge("get", seen, found->summary, 0, count);
      }
      case read::find: {
        const std::string id = id_of(random_() % count);
        const auto found = client_.find(id, settings_);
        if (!found) return refusal(found.error());
        if (!*found) return {verdict::wrong, "find nothing"};
        return {(*found)->record_id == id ? verdict::right : verdict::wrong, "find of another record"};
      }
      case read::get_single_record: {
        const std::string id = id_of(random_() % count);
        const auto found = client_.get_single_record(id, settings_);
        if (!found && found.error().code == errc::record_not_found) return {verdict::wrong, "record_not_found"};
        if (!found) return refusal(found.error());
        return {found->record_id == id ? verdict::right : verdict::wrong, "get_single_record of another record"};
      }
      case read::nothing: return ask_for_nothing(turn_++);
    }
    return {verdict::cut_short};
  }

  auditor::curl_client& client() { return client_; }

 private:
  // Which records came, and how often; behind the last of ours all strangers.
  struct sightings {
    std::vector<unsigned char> times = std::vector<unsigned char>(count + 1);
    std::size_t doubled = 0;

    void add(std::string_view id) {
      unsigned char& of = times[number_of(id)];
      if (of == 1) ++doubled;
      if (of < 2) ++of;
    }
    std::size_t once(std::size_t begin, std::size_t end) const {
      const auto from = times.begin();
      return static_cast<std::size_t>(
          std::count(from + static_cast<std::ptrdiff_t>(begin), from + static_cast<std::ptrdiff_t>(end), 1));
    }
  };

  judged visit(std::size_t begin, std::size_t end) {
    query asked;
    if (end - begin < count) asked.with_start_time(auditor::gte(start_of(begin)), auditor::lte(start_of(end - 1)));
    sightings seen;
    const auto visited =
        client_.for_each(asked, [&seen](const auditor::record_view& r) { seen.add(r.record_id); }, settings_);
    if (seen.doubled != 0) return {verdict::wrong, "for_each that shows records twice"};
    if (!visited) return refusal(visited.error());
    return judge("for_each", seen, *visited, begin, end);
  }

  static judged judge(const std::string& call, const sightings& seen, const auditor::read_summary& summary,
                      std::size_t begin, std::size_t end) {
    const std::size_t wanted = end - begin, came = seen.once(begin, end), in_all = seen.once(0, count + 1);
    const std::string state(to_string(summary.state));
    if (came == 0) return {verdict::wrong, call + " of nothing, " + state};
    if (came != wanted || in_all != wanted || seen.doubled != 0 || summary.records != wanted)
      return {verdict::wrong, call + " of too few or too many, " + state};
    if (summary.state != completeness::complete) return {verdict::other_state, call + ", " + state};
    return {verdict::right};
  }

  // The n-th of the reads that truly match nothing.
  judged ask_for_nothing(std::size_t n) {
    using namespace auditor;
    const timestamp middle = start_of(count / 2 - 1), last = start_of(count - 1);
    const struct {
      const char* what;
      query asked;
      completeness state;
    } queries[] = {
        {"before all", query{}.with_start_time(lt(first_start)), completeness::complete},
        {"between others", query{}.with_start_time(gt(middle), lt(middle + gap)), completeness::complete},
        {"after all", query{}.with_start_time(gt(last)), completeness::complete},
        {"stopped after all", query{}.with_stop_time(gt(last + runtime)), completeness::complete},
        {"of no such runtime", query{}.with_runtime(gt(runtime)), completeness::complete},
        {"of no such meta", query{}.with_meta("site", contains("nowhere")), completeness::none_found},
        {"of no such component", query{}.with_component("Cores", gt(8)), completeness::unproven},
    };
    const std::size_t turn = n % (std::size(queries) + 2);
    if (turn == std::size(queries)) {
      const auto found = client_.find("load-unknown", settings_);
      if (!found) return refusal(found.error(), "find of what is not there");
      return {*found ? verdict::wrong : verdict::right, "find of what is not there"};
    }
    if (turn > std::size(queries)) {
      const auto found = client_.get_single_record("load-unknown", settings_);
      if (found) return {verdict::wrong, "get_single_record of what is not there"};
      return found.error().code == errc::record_not_found
                 ? judged{verdict::right}
                 : refusal(found.error(), "get_single_record of what is not there");
    }
    const auto& [what, asked, state] = queries[turn];
    std::size_t seen = 0;
    const auto visited = client_.for_each(asked, [&seen](const record_view&) { ++seen; }, settings_);
    if (seen != 0 || (visited && visited->records != 0)) return {verdict::wrong, std::string("records ") + what};
    if (!visited) return refusal(visited.error(), what);
    if (visited->state != state)
      return {verdict::other_state, std::string(what) + ", " + std::string(to_string(visited->state))};
    return {verdict::right};
  }

  static judged refusal(const auditor::error& e, const std::string& what = {}) {
    return {e.code == errc::cancelled ? verdict::cut_short : verdict::error,
            std::string(to_string(e.code)) + (what.empty() ? "" : ": " + what)};
  }

  auditor::curl_client client_ = connect();
  auditor::call_options settings_;
  std::mt19937 random_;
  std::size_t turn_ = random_();
};

// So many callers, each in a thread of its own, going through these reads.
struct crowd {
  std::size_t size;
  const reads& do_what;
};

std::chrono::seconds phase_length() {
  const std::string wanted = environment("AUDITOR_LOAD_SECONDS");
  return std::chrono::seconds(wanted.empty() ? 20 : std::stoi(wanted));
}
bool has_bars() { return !environment("AUDITOR_LOAD_SECONDS").empty(); }

// All of them ask until the time is over; beside them `torment` is called over and over.
template <class Torment>
figures run_phase(const std::string& name, std::initializer_list<crowd> crowds, Torment torment) {
  const std::uint32_t seed = std::random_device()();
  auditor::cancel_flag over;
  std::vector<figures> all;
  for (const crowd& each : crowds) all.resize(all.size() + each.size);
  std::vector<std::thread> threads;
  for (const crowd& each : crowds)
    for (std::size_t i = 0; i < each.size; ++i)
      threads.emplace_back([&over, &do_what = each.do_what, &mine = all[threads.size()],
                            number = static_cast<std::uint32_t>(threads.size()), seed] {
        caller me(seed + number, over);
        for (std::size_t turn = number; !over; ++turn) {
          const read what = do_what[turn % do_what.size()];
          const stop_watch watch;
          const judged answer = me.ask(what);
          mine.note(answer, what == read::nothing, watch.seconds());
        }
      });
  const stop_watch watch;
  const std::chrono::duration<double> length = phase_length();
  while (watch.seconds() < length.count()) torment();
  over.request();
  for (std::thread& each : threads) each.join();
  figures sum;
  for (const figures& each : all) sum.add(each);
  sum.print(name, watch.seconds());
  return sum;
}

template <class Call>
double milliseconds(Call call) {
  const stop_watch watch;
  call();
  return 1000 * watch.seconds();
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

void leave_in_peace() { std::this_thread::sleep_for(100ms); }

}  // namespace

TEST_CASE("24 readers and 12 finders are more than the server has connections for: they wait or fail, but miss nothing",
          "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  const figures all = run_phase("24 readers, 12 finders, 4 who ask for nothing",
                                {{24, of_readers}, {12, of_finders}, {4, of_none}}, leave_in_peace);
  CHECK(all.reads() > 0);
  CHECK(all.wrong() == 0);
  if (has_bars()) CHECK(all.nothing_undecided() <= 1 + all.nothing_asked() / 20);
}

TEST_CASE("8 readers get their answers, and what matches nothing is told from what did not come", "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  const figures all = run_phase("8 readers, 1 who asks for nothing", {{8, of_readers}, {1, of_none}}, leave_in_peace);
  CHECK(all.reads() > 0);
  CHECK(all.wrong() == 0);
  if (has_bars()) {
    CHECK(all.errors() <= 1 + all.reads() / 100);
    CHECK(all.nothing_undecided() <= 1 + all.nothing_asked() / 20);
  }
}

TEST_CASE("a database that stands still for longer than the server waits hides no record", "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  std::mt19937 random(std::random_device{}());
  int stops = 0;
  const figures all = run_phase("PostgreSQL stopped, 24 clients, 4 who ask for nothing", {{24, of_all}, {4, of_none}}, [&] {
    signal_database(SIGSTOP), ++stops;
    std::this_thread::sleep_for(std::chrono::milliseconds(2300 + random() % 700));
    signal_database(SIGCONT);
    std::this_thread::sleep_for(std::chrono::milliseconds(500 + random() % 1500));
  });
  CHECK(stops > 0);
  CHECK(all.reads() > 0);
  CHECK(all.wrong() == 0);
}

TEST_CASE("backends that die under their queries hide no record", "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  std::size_t deaths = 0;
  const figures all =
      run_phase("backends terminated, 12 clients, 4 who ask for nothing", {{12, of_all}, {4, of_none}}, [&deaths] {
        deaths += ask_database(
                      "select pg_terminate_backend(pid) from pg_stat_activity "
                      "where backend_type = 'client backend' and pid <> pg_backend_pid()")
                      .size();
      });
  CHECK(deaths > 0);
  CHECK(all.reads() > 0);
  CHECK(all.wrong() == 0);
}

TEST_CASE("an empty table is an answer to who never saw a record there, and none to who did", "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  auto witness = connect();
  REQUIRE(witness.find(id_of(0)).value());
  ask_database("truncate auditor_accounting");
  auto stranger = connect();
  CHECK(stranger.get().value().summary.state == completeness::none_found);
  CHECK(stranger.find(id_of(0)).value() == std::nullopt);
  const stop_watch watch;
  const auto seen = witness.get({.timeout = 10s});
  CHECK(!seen);
  std::printf("load: an empty table, for who saw a record there: %s, after %.1f s\n", message(seen.error()).c_str(),
              watch.seconds());
}

TEST_CASE("in peace it costs little to be sure that there is nothing", "[real][load]") {
  if (!owns_real_server()) return;
  const full_table table;
  auto client = connect();
  std::vector<double> unknown, known;
  std::size_t right = 0;
  for (int i = 0; i < 51; ++i) {
    unknown.push_back(milliseconds([&] { right += client.find("load-unknown").value() ? 0 : 1; }));
    known.push_back(milliseconds([&] { right += client.find(id_of(77)).value() ? 1 : 0; }));
  }
  std::printf("load: in peace: find of an unknown id %.1f ms, of one that is there %.1f ms\n", median(unknown),
              median(known));
  CHECK(right == 102);
  if (has_bars()) CHECK(median(unknown) < 10);

  using namespace auditor;
  const timestamp middle = start_of(count / 2 - 1), last = start_of(count - 1);
  const struct {
    const char* what;
    query asked;
  } ranges[] = {{"before all", query{}.with_start_time(lt(first_start))},
                {"long before all", query{}.with_start_time(gte(first_start - 2 * gap), lt(first_start - gap))},
                {"between others", query{}.with_start_time(gt(middle), lt(middle + gap))},
                {"after all", query{}.with_start_time(gt(last))},
                {"long after all", query{}.with_start_time(gte(last + gap), lt(last + 2 * gap))},
                {"stopped before all", query{}.with_stop_time(lt(first_start))},
                {"of no such runtime", query{}.with_runtime(gt(runtime))}};
  for (const auto& [what, asked] : ranges) {
    const std::string target = "/records?" + asked.filters().value();
    // Side by side: the machine has other things to do, too.
    std::vector<double> scans, ratios;
    std::size_t told = 0;
    for (int i = 0; i < 15; ++i) {
      scans.push_back(milliseconds([&] { told += send(client, verb::get, target).body.empty() ? 1 : 0; }));
      ratios.push_back(milliseconds([&] {
                         const auto visited = client.for_each(asked, [](const record_view&) {});
                         told += visited && visited->records == 0 && visited->state == completeness::complete ? 1 : 0;
                       }) /
                       scans.back());
    }
    std::printf("load: in peace: an empty range %s costs %.2f times its one scan of %.1f ms\n", what, median(ratios),
                median(scans));
    CAPTURE(what);
    CHECK(told == 30);
    if (has_bars()) CHECK(median(ratios) < 2);
  }
}
