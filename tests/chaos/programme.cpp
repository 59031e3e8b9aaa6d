// The chaos programme: every flavour works through a proxy that mistreats its requests; then the table is compared with what
// the clients said, and what they left open is measured against the bars.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   auditor_chaos [name=value]...     exit 0: nothing lost, doubled, short or better than known, and the bars are met
//     seeds=1-5      one run each
//     rate=0.3       of the requests that meet a fault
//     flavours=      a part of a flavour's name; empty: all
//     work=1         how many calls, as a multiple: a flavour makes 400 single writes, 4 bulks of 540 and 200 reads
//     waits=1        the waits between attempts, as a multiple of the default ones; the attempts are the default ones
//     bars=1         the bars, as a multiple: the figures of a short run scatter
//     flapping=0     1: foreign answers in phases instead of all faults at the rate; then only the lies count, not the bars
//
// On the server that AUDITOR_URL names (http://127.0.0.1:PORT, as of tools/live-auditor), else on sandboxes of its own.
#include "judge.hpp"
#include "live/flavours.hpp"
#include "proxy.hpp"

#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace chaos;
using namespace std::chrono_literals;
using auditor::component;
using auditor::query;
using auditor::result;

struct settings {
  std::uint64_t first_seed = 1, last_seed = 5;
  double rate = 0.3, work = 1, waits = 1;
  std::string flavours;
  double bars = 1;
  bool flapping = false;
};

// ---- what there is to write and to read ------------------------------------------------------------------------------

constexpr auditor::timestamp noon{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 12h};
constexpr std::size_t read_records = 60;
constexpr std::size_t bulk_size = 540;

// Ids of one length: in the same order in every collation.
std::string numbered(const std::string& name, std::size_t number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "-%06zu", number);
  return name + digits;
}

record a_record(const std::string& name, std::string id, auditor::timestamp start, bool closed = true) {
  record r = record{std::move(id), start}
                 .with_component(component{"Cores", 8}.with_score("HEPSPEC", 9.25).with_score("HEPscore23", 11.5))
                 .with_component(component{"Memory", 16'000})
                 .with_meta("chaos", name)
                 .with_meta("site", "site1", "site2");
  if (closed) r.stop_time = start + 1h;
  return r;
}

// What a stranger may hold under our id.
enum class stranger { equal, other_amount, other_stop, open, closed };

record held_by(stranger kind, record& ours) {
  if (kind == stranger::closed) ours.stop_time.reset();
  record theirs = ours;
  switch (kind) {
    case stranger::equal: break;
    case stranger::other_amount: theirs.components[0].amount = 9; break;
    case stranger::other_stop: *theirs.stop_time += 1min; break;
    case stranger::open: theirs.stop_time.reset(); break;
    case stranger::closed: theirs.stop_time = theirs.start_time + 2h; break;
  }
  return theirs;
}

class planned {
 public:
  planned(const std::string& name, std::uint64_t seed) : name_(name), random_(seed) {}

  // A record of ours, which a stranger may hold already with some content.
  claim one(double strangers) {
    claim c;
    c.ours = a_record(name_, numbered(name_, next_), noon + std::chrono::seconds(next_));
    ++next_;
    if (std::uniform_real_distribution(0.0, 1.0)(random_) < strangers)
      c.before = held_by(static_cast<stranger>(random_() % 5), c.ours);
    return c;
  }
  // An update of a record that is there, open or closed, or of one that is not.
  claim update() {
    claim c = one(0);
    c.call = "update";
    const auto kind = random_() % 10;
    if (kind != 0) c.before = held_by(kind < 6 ? stranger::open : stranger::other_stop, c.ours);
    return c;
  }

 private:
  std::string name_;
  std::size_t next_ = 0;
  std::mt19937_64 random_;
};

// ---- those who work through the proxy --------------------------------------------------------------------------------

// One client, one proxy, one thread; what is to be there before is told by the constructor of each kind of work.
class worker {
 public:
  virtual ~worker() = default;
  virtual std::vector<record> strangers() const { return {}; }
  virtual void run(std::uint16_t server, const weather&, const auditor::options&) = 0;

  std::string flavour;
  std::vector<claim> claims;
  std::vector<observation> observations;
  std::map<std::string, std::uint64_t> faults;
  std::uint64_t requests = 0, unanswered = 0;

 protected:
  static std::vector<record> strangers_of(const std::vector<claim>& claims) {
    std::vector<record> all;
    for (const claim& c : claims)
      if (c.before) all.push_back(*c.before);
    return all;
  }
  template <class Flavour, class Work>
  void through_proxy(std::uint16_t server, const weather& outside, const auditor::options& options, Work work) {
    proxy between(server, outside);
    {
      Flavour f(between.url(), options);
      work(f, between);
    }
    for (std::size_t i = 1; i < fault_kinds; ++i)
      faults[std::string(to_string(static_cast<fault>(i)))] += between.count(static_cast<fault>(i));
    requests = between.requests();
    unanswered = between.unanswered();
  }
};

void keep(claim& c, const result<auditor::receipt>& said) {
  c.code = said ? errc::ok : said.error().code;
  c.outcome = !said                                     ? said.error().outcome
              : said->how == auditor::delivery::ignored ? outcome::duplicate
                                                        : outcome::delivered;
  c.words = said ? std::string(to_string(said->how)) : message(said.error());
}
void keep(claim& c, const result<void>& said) {
  c.code = said.error().code;
  c.outcome = said ? outcome::delivered : said.error().outcome;
  c.words = said ? "done" : message(said.error());
}

const on_duplicate policies[] = {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update};

template <class Flavour>
class single_writer : public worker {
 public:
  single_writer(const std::string& name, std::uint64_t seed, double work) {
    planned plan(name, seed);
    for (std::size_t i = 0; i < static_cast<std::size_t>(200 * work); ++i) {
      claims.push_back(i % 5 == 4 ? plan.update() : plan.one(0.4));
      if (i % 5 == 4) continue;
      claims.back().policy = policies[i % 5];
      claims.back().call = "add under " + std::string(to_string(claims.back().policy));
    }
  }
  std::vector<record> strangers() const override { return strangers_of(claims); }
  void run(std::uint16_t server, const weather& outside, const auditor::options& options) override {
    through_proxy<Flavour>(server, outside, options, [this](Flavour& f, proxy& between) {
      if constexpr (requires { Flavour::at_once; }) return in_waves(f, between);
      for (claim& c : claims) {
        if (c.call == "update")
          keep(c, f.wait([&](auto& client, auto... how) { return client.update(c.ours, {}, std::move(how)...); }));
        else
          keep(c, f.wait([&](auto& client, auto... how) {
            return client.add(c.ours, {.duplicates = c.policy}, std::move(how)...);
          }));
        between.between_calls();
      }
    });
  }

 private:
  void in_waves(Flavour& f, proxy& between) {
    for (std::size_t from = 0; from < claims.size(); from += Flavour::at_once) {
      const std::size_t to = (std::min)(from + Flavour::at_once, claims.size());
      std::vector<std::pair<claim*, std::future<result<auditor::receipt>>>> adds;
      std::vector<std::pair<claim*, std::future<result<void>>>> updates;
      for (std::size_t i = from; i < to; ++i) {
        claim& c = claims[i];
        if (c.call == "update")
          updates.emplace_back(&c, f.client.update(c.ours, {}, auditor::use_future));
        else
          adds.emplace_back(&c, f.client.add(c.ours, {.duplicates = c.policy}, auditor::use_future));
      }
      for (auto& [c, answer] : adds) keep(*c, answer.get());
      for (auto& [c, answer] : updates) keep(*c, answer.get());
      between.between_calls();
    }
  }
};

template <class Flavour>
class bulk_writer : public worker {
 public:
  bulk_writer(const std::string& name, std::uint64_t seed, double work) {
    planned plan(name, seed);
    for (std::size_t i = 0; i < (std::max)(std::size_t{1}, static_cast<std::size_t>(2 * work)) * bulk_size; ++i) {
      claims.push_back(plan.one(0.02));
      claim& c = claims.back();
      c.bulk = true;
      c.policy = policies[(seed + i / bulk_size) % 4];
      c.call = "bulk under " + std::string(to_string(c.policy));
    }
  }
  std::vector<record> strangers() const override { return strangers_of(claims); }
  void run(std::uint16_t server, const weather& outside, const auditor::options& options) override {
    through_proxy<Flavour>(server, outside, options, [this](Flavour& f, proxy& between) {
      for (std::size_t from = 0; from < claims.size(); from += bulk_size) {
        std::vector<record> batch;
        for (std::size_t i = 0; i < bulk_size; ++i) batch.push_back(claims[from + i].ours);
        const auditor::bulk_report report = f.wait([&](auto& client, auto... how) {
          return client.bulk_insert(batch, {.duplicates = claims[from].policy, .in_flight = 2}, std::move(how)...);
        });
        for (std::size_t i = 0; i < bulk_size; ++i) {
          claim& c = claims[from + i];
          c.outcome = report[i].outcome;
          c.code = report[i].code;
          c.words = std::string(to_string(c.outcome)) + ", " + std::string(to_string(c.code));
        }
        between.between_calls();
      }
    });
  }
};

// Reads of records that are there throughout, and of some that are not there at all.
template <class Flavour>
class reader : public worker {
 public:
  reader(const std::string& name, std::uint64_t, double work, auditor::timestamp from)
      : name_(name), from_(from), reads_(static_cast<std::size_t>(100 * work)) {
    for (std::size_t i = 0; i < read_records; ++i) all_.push_back(numbered(name_, i));
  }
  void run(std::uint16_t server, const weather& outside, const auditor::options& options) override {
    through_proxy<Flavour>(server, outside, options, [this](Flavour& f, proxy& between) {
      for (std::size_t i = 0; i < reads_; ++i) {
        read(f, i);
        between.between_calls();
      }
    });
  }

 private:
  void read(Flavour& f, std::size_t i) {
    const query mine = query{}.with_meta("chaos", auditor::contains(name_));
    const query range = query{}.with_start_time(auditor::gte(from_), auditor::lt(from_ + 2h));
    const query by_id = query(mine).sort_by(auditor::ascending(auditor::field::record_id));
    const std::vector<std::string> none, first(all_.begin(), all_.begin() + 7), even = [this] {
      std::vector<std::string> ids;
      for (std::size_t n = 0; n < read_records; n += 2) ids.push_back(all_[n]);
      return ids;
    }();
    const std::string& known = all_[i * 7 % read_records];
    const std::string unknown = numbered(name_ + "-none", i);
    switch (i % 14) {
      case 0: return collect(f, "advanced_query", mine, all_);
      case 1: return collect(f, "advanced_query of a time range", range, all_);
      case 2: return started_since(f);
      case 3: return for_each(f, "for_each", mine, all_);
      case 4: return for_each(f, "for_each with a runtime", query(mine).with_runtime(auditor::equals(1h)), even);
      case 5: return stream(f, "stream", mine, all_);
      case 6: return stream(f, "stream, limit 7", query(by_id).limit(7), first);
      case 7: return collect(f, "advanced_query, limit 7", query(by_id).limit(7), first);
      case 8: return collect(f, "advanced_query, limit 1000", query(mine).limit(1000), all_);
      case 9: return find(f, "find", known, {known});
      case 10: return find(f, "find of an unknown id", unknown, none);
      case 11: return get_single(f, "get_single_record", known, {known});
      case 12: return get_single(f, "get_single_record of an unknown id", unknown, none);
      default: {
        if (i / 14 % 2 == 0)
          return collect(f, "advanced_query of nothing", query(mine).with_runtime(auditor::gte(9h)), none);
        const query empty = query{}.with_start_time(auditor::gte(from_ + 3h), auditor::lt(from_ + 4h));
        return for_each(f, "for_each of an empty time range", empty, none);
      }
    }
  }

  void collect(Flavour& f, std::string call, const query& asked, const std::vector<std::string>& expected) {
    const auto got = f.wait([&](auto& c, auto... how) { return c.advanced_query(asked, {}, std::move(how)...); });
    keep(std::move(call), got, got ? ids_of(*got) : std::vector<std::string>(), expected);
  }
  void started_since(Flavour& f) {
    const auto got = f.wait([&](auto& c, auto... how) { return c.get_started_since(from_, {}, std::move(how)...); });
    std::vector<std::string> ids;
    if (got)
      for (std::string& id : ids_of(*got))
        if (id.starts_with(name_)) ids.push_back(std::move(id));  // others have records after it, too
    keep("get_started_since", got, std::move(ids), all_);
  }
  void for_each(Flavour& f, std::string call, const query& asked, const std::vector<std::string>& expected) {
    std::vector<std::string> ids;
    const auto got = f.wait([&](auto& c, auto... how) {
      return c.for_each(
          asked, [&ids](const auditor::record_view& r) { ids.emplace_back(r.record_id); }, {}, std::move(how)...);
    });
    keep(std::move(call), got, std::move(ids), expected);
  }
  void stream(Flavour& f, std::string call, const query& asked, const std::vector<std::string>& expected) {
    using stream_type = typename decltype(f.client)::stream_type;
    std::unique_ptr<stream_type> records;
    f.on_strand([&] { records.reset(new stream_type(f.client.stream(asked))); });
    std::vector<std::string> ids;
    for (record r; f.wait_on_strand([&](auto&, auto... how) { return records->next(r, std::move(how)...); });)
      ids.push_back(r.record_id);
    std::optional<result<auditor::read_summary>> end;
    f.on_strand([&] {
      end = records->finish();
      records.reset();
    });
    keep(std::move(call), *end, std::move(ids), expected);
  }
  void find(Flavour& f, std::string call, const std::string& id, const std::vector<std::string>& expected) {
    const auto got = f.wait([&](auto& c, auto... how) { return c.find(id, {}, std::move(how)...); });
    keep(std::move(call), got, got && *got ? std::vector{(*got)->record_id} : std::vector<std::string>(), expected);
  }
  void get_single(Flavour& f, std::string call, const std::string& id, const std::vector<std::string>& expected) {
    const auto got = f.wait([&](auto& c, auto... how) { return c.get_single_record(id, {}, std::move(how)...); });
    if (got || got.error().code != errc::record_not_found)
      return keep(std::move(call), got, got ? std::vector{got->record_id} : std::vector<std::string>(), expected);
    keep(std::move(call), result<void>(), {}, expected);
  }

  static std::vector<std::string> ids_of(const auditor::record_list& list) {
    std::vector<std::string> ids;
    for (const record& r : list) ids.push_back(r.record_id);
    return ids;
  }
  // Records that were shown before an error count as well: each once, and only those asked for.
  template <class T>
  void keep(std::string call, const result<T>& got, std::vector<std::string> ids,
            const std::vector<std::string>& expected) {
    observation o;
    o.call = std::move(call);
    o.failed = !got;
    std::sort(ids.begin(), ids.end());
    const auto last = std::unique(ids.begin(), ids.end());
    o.twice = static_cast<std::size_t>(ids.end() - last);
    ids.erase(last, ids.end());
    const auto count = [](const auto& in, const auto& but_not_in) {
      std::vector<std::string> rest;
      std::set_difference(in.begin(), in.end(), but_not_in.begin(), but_not_in.end(), std::back_inserter(rest));
      return rest.size();
    };
    o.strange = count(ids, expected);
    o.missing = got ? count(expected, ids) : 0;
    o.words = got ? "reported as success" : std::string(to_string(got.error().code));
    observations.push_back(std::move(o));
  }

  std::string name_;
  auditor::timestamp from_;
  std::size_t reads_;
  std::vector<std::string> all_;
};

// ---- one seed --------------------------------------------------------------------------------------------------------

class run_of_a_seed {
 public:
  run_of_a_seed(const settings& all, std::uint64_t seed, const std::string& name, std::uint16_t server)
      : all_(all), seed_(seed), name_(name), server_(server) {
    for (std::size_t i = 0; i < read_records; ++i) {
      record r = a_record(name_ + "-r", numbered(name_ + "-r", i), from() + std::chrono::seconds(i));
      if (i % 2 == 1) r.stop_time = r.start_time + 2h;
      before_.push_back(std::move(r));
    }
    [this]<class... Flavours>(std::type_identity<std::tuple<Flavours...>>) {
      (add<Flavours>(), ...);
    }(std::type_identity<flavours::all>{});
  }

  // False: the table could not be filled or read, which has nothing to do with any fault of ours.
  bool run(std::map<std::string, figures>& by_flavour) {
    auto direct = auditor::client_builder().address("127.0.0.1", server_).build().value();
    for (const auto& each : workers_)
      for (record& theirs : each->strangers()) before_.push_back(std::move(theirs));
    if (const auto report = direct.bulk_insert(before_); !report) {
      std::printf("cannot fill the table: %s\n", message(report.error()).c_str());
      return false;
    }

    auditor::options options;
    const auto scaled = [this](auditor::ticks wait) {
      return auditor::ticks(static_cast<auditor::ticks::rep>(static_cast<double>(wait.count()) * all_.waits));
    };
    options.retry.write_first = scaled(options.retry.write_first);
    options.retry.read_first = scaled(options.retry.read_first);
    options.retry.most = scaled(options.retry.most);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      weather outside{.seed = seed_ * 1'000 + i, .rate = all_.rate, .flaps = all_.flapping};
      outside.fair_most = scaled(outside.fair_most);
      outside.foul_most = scaled(outside.foul_most);
      threads.emplace_back([this, i, outside, &options] { workers_[i]->run(server_, outside, options); });
    }
    for (std::thread& each : threads) each.join();

    std::vector<record> table;
    std::set<std::string> names{name_ + "-r"};
    for (const auto& each : workers_)
      if (!each->claims.empty()) names.insert(each->claims.front().ours.meta.find("chaos")->front());
    for (const std::string& each : names) {
      auto part = direct.advanced_query(query{}.with_meta("chaos", auditor::contains(each)));
      if (!part) {
        std::printf("cannot read the table: %s\n", message(part.error()).c_str());
        return false;
      }
      std::move(part->begin(), part->end(), std::back_inserter(table));
    }
    judge verdict(std::move(table));
    std::map<std::string, std::uint64_t> faults;
    std::uint64_t requests = 0, unanswered = 0;
    for (const auto& each : workers_) {
      const figures before = verdict.total();
      verdict.turn_to(each->flavour);
      for (const claim& c : each->claims) verdict.look_at(c);
      for (const observation& o : each->observations) verdict.look_at(o);
      by_flavour[each->flavour] += verdict.total() - before;
      for (const auto& [what, count] : each->faults) faults[what] += count;
      requests += each->requests;
      unanswered += each->unanswered;
    }
    std::printf("seed %llu: %llu requests (%llu that the server did not answer):", static_cast<unsigned long long>(seed_),
                static_cast<unsigned long long>(requests), static_cast<unsigned long long>(unanswered));
    for (const auto& [what, count] : faults)
      if (count != 0) std::printf(" %s %llu,", what.c_str(), static_cast<unsigned long long>(count));
    std::printf("\n  left open:");
    for (const auto& [why, count] : verdict.reasons()) std::printf(" %s %zu;", why.c_str(), count);
    std::printf("\n");
    for (const auto& [what, wrong] : verdict.complaints())
      std::printf("  %zu times %s: %s\n", wrong.times, what.c_str(), wrong.first.c_str());
    std::fflush(stdout);
    return true;
  }

 private:
  // Where only the records are that are read: behind all others.
  auditor::timestamp from() const {
    return noon + std::chrono::years{100} + std::chrono::days{static_cast<int>(seed_ % 10'000)};
  }

  template <class Flavour>
  void add() {
    const std::string flavour(Flavour::name);
    if (flavour.find(all_.flavours) == std::string::npos) return;
    for (int copy = 0; copy < 2; ++copy) {
      const auto name = [this](char kind) { return name_ + "-" + kind + std::to_string(workers_.size()); };
      const auto seed = [this] { return seed_ * 1'000 + workers_.size(); };
      workers_.push_back(std::make_unique<single_writer<Flavour>>(name('w'), seed(), all_.work));
      workers_.push_back(std::make_unique<bulk_writer<Flavour>>(name('b'), seed(), all_.work));
      workers_.push_back(std::make_unique<reader<Flavour>>(name_ + "-r", seed(), all_.work, from()));
    }
    for (auto each = workers_.end() - 6; each != workers_.end(); ++each) (*each)->flavour = flavour;
  }

  const settings& all_;
  std::uint64_t seed_;
  std::string name_;
  std::uint16_t server_;
  std::vector<record> before_;
  std::vector<std::unique_ptr<worker>> workers_;
};

// ---- all of them -----------------------------------------------------------------------------------------------------

bool read_settings(int count, char** words, settings& all) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i], name = word.substr(0, word.find('='));
    if (name.size() == word.size()) return false;
    const std::string value = word.substr(name.size() + 1);
    const auto number = [](const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); };
    if (name == "seeds") {
      all.first_seed = all.last_seed = number(value);
      if (const auto dash = value.find('-'); dash != std::string::npos) all.last_seed = number(value.substr(dash + 1));
    } else if (name == "rate") {
      all.rate = std::atof(value.c_str());
    } else if (name == "work") {
      all.work = std::atof(value.c_str());
    } else if (name == "waits") {
      all.waits = std::atof(value.c_str());
    } else if (name == "bars") {
      all.bars = std::atof(value.c_str());
    } else if (name == "flavours") {
      all.flavours = value;
    } else if (name == "flapping") {
      all.flapping = value != "0";
    } else {
      return false;
    }
  }
  return true;
}

// Where tools/live-auditor gives us its database: the next seed's reads are to be as fast as this one's.
void remove_from_table(const std::string& name) {
  const char* const directory = std::getenv("AUDITOR_LIVE_DIR");
  if (directory == nullptr || *directory == '\0') return;
  const std::string psql = std::string(directory) + "/psql --quiet";
  const std::string sql = " --command=\"delete from auditor_accounting where record_id like '" + name + "%'\"";
  if (std::system((psql + sql + " --command='vacuum auditor_accounting'").c_str()) != 0)
    std::printf("the records of this seed stay in the table\n");
}

double percent(std::size_t part, std::size_t of) {
  return of == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(of);
}

void print(const std::string& who, const figures& f) {
  std::printf("%-17s %7zu %6.2f %% %8zu %6.2f %% %7zu %6.2f %% %6zu %8zu %6zu %7zu\n", who.c_str(), f.writes,
              percent(f.writes_open, f.writes), f.records, percent(f.records_open, f.records), f.reads,
              percent(f.reads_failed, f.reads), f.lost, f.doubled, f.short_reads, f.better);
}

}  // namespace

int main(int count, char** words) {
  settings all;
  if (!read_settings(count, words, all)) {
    std::fprintf(stderr,
                 "usage: auditor_chaos [seeds=1-5] [rate=0.3] [flavours=TEXT] [work=1] [waits=1] [bars=1] [flapping=0]\n");
    return 2;
  }
  const char* const named = std::getenv("AUDITOR_URL");
  const std::string url = named == nullptr ? "" : named;
  const auditor::retry_policy retry = auditor::options{}.retry;
  std::printf("chaos on %s: rate %.2f%s, work %.2f, attempts %d (writes) and %d (reads), first waits %.0f and %.0f ms\n",
              url.empty() ? "sandboxes" : url.c_str(), all.rate, all.flapping ? ", flapping" : "", all.work,
              retry.write_attempts, retry.read_attempts, all.waits * static_cast<double>(retry.write_first.count()),
              all.waits * static_cast<double>(retry.read_first.count()));

  const auto start = std::chrono::steady_clock::now();
  std::map<std::string, figures> by_flavour;
  for (std::uint64_t seed = all.first_seed; seed <= all.last_seed; ++seed) {
    std::optional<auditor::sandbox> sandbox;
    std::optional<auditor::sandbox_server> http;
    if (url.empty()) http.emplace(sandbox.emplace());
    const auto port =
        http ? http->port() : static_cast<std::uint16_t>(number_of(std::string_view(url).substr(url.rfind(':') + 1)));
    const std::string name = "chaos-" + std::to_string(std::random_device{}()) + "-" + std::to_string(seed);
    const bool compared = run_of_a_seed(all, seed, name, port).run(by_flavour);
    remove_from_table(name);
    if (!compared) return 3;
  }

  std::printf("\n%-17s %7s %8s %8s %8s %7s %8s %6s %8s %6s %7s\n", "", "writes", "open", "bulk rec", "open", "reads",
              "errors", "lost", "doubled", "short", "better");
  figures total;
  for (const auto& [flavour, f] : by_flavour) {
    print(flavour, f);
    total += f;
  }
  print("all", total);
  bool met = total.wrong() == 0 && total.writes != 0 && total.reads != 0;
  const auto bar = [&](const char* what, double is, double most) {
    most *= all.bars;
    std::printf("%s: %.2f %% of at most %.1f %%: %s\n", what, is, most, is <= most ? "met" : "MISSED");
    met = met && is <= most;
  };
  std::printf("lost, doubled, short or better than known: %zu of at most 0: %s\n", total.wrong(),
              total.wrong() == 0 ? "met" : "MISSED");
  if (!all.flapping) {
    bar("single writes unknown or not applied", percent(total.writes_open, total.writes), 0.5);
    bar("reads that end in an error", percent(total.reads_failed, total.reads), 1);
    bar("records of bulks unknown or not applied", percent(total.records_open, total.records), 5);
  }
  std::printf("%.0f s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return met ? 0 : 1;
}
