// Power cuts at every byte of a write, random ones in long histories, bits that change, and calls of the memory that fail: what the ring accepted arrives,
// once, in order, and no other.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   power_cuts [cuts] [seed] [bug]     exit 0: nothing lost, doubled, out of order or refused without reason
//
// With a bug (a build with AUDITOR_SEEDED_BUGS, made by seeded_bugs.py) something has to be found.
#include "answering.hpp"
#include "nor_flash.hpp"

#include <auditor/queue/record_ring.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace ring_test;
using fault::random_source;

struct counts {
  std::uint64_t histories = 0, cuts = 0, accepted = 0, delivered = 0, refused = 0, full = 0, bits = 0, told = 0,
                failures = 0, in_doubt = 0;
  std::uint64_t lost = 0, doubled = 0, disordered = 0, wrong = 0;
  bool found() const { return lost + doubled + disordered + wrong != 0; }
} total;

void complain(std::uint64_t& which, const char* words, const std::string& about, std::uint64_t seed) {
  if (!total.found()) std::printf("history %llu: %s: %s\n", static_cast<unsigned long long>(seed), words, about.c_str());
  ++which;
}

struct geometry {
  std::uint32_t pages, page_bytes, unit;
};
constexpr std::array geometries{geometry{2, 512, 1},  geometry{2, 1024, 8}, geometry{3, 512, 4},  geometry{4, 1024, 8},
                                geometry{5, 608, 32}, geometry{8, 512, 2},  geometry{4, 768, 16}, geometry{3, 2048, 8}};

constexpr auditor::timestamp noon(std::chrono::hours(24 * 20'000 + 12));

// One device from its first start to an empty ring: the same one for the same seed, until the power goes.
class device {
 public:
  device(std::uint64_t seed, geometry g)
      : seed_(seed), chance_(seed), flash_(g.pages, g.page_bytes, g.unit, seed), room_(g.page_bytes) {}

  struct offer {
    bool is_update;
    std::string id;
    std::optional<auditor::timestamp> stop;
    bool accepted;
  };

  /// A random step. False: the power went.
  bool step(std::uint64_t bytes_until_cut) {
    flash_.bytes_until_cut = bytes_until_cut;
    try {
      if (fails_) choose_failures();
      if (!ring_) reset();
      const auto drawn = chance_.below(10);
      if (drawn < 5)
        offer_new();
      else if (drawn < 7)
        offer_stop();
      else
        deliver(drawn == 9 ? 1 + chance_.below(3) : 100);
      be_healthy();
      look_at_waiting();
      return true;
    } catch (power_cut) {
      ++total.cuts;
      ring_.reset();
      be_healthy();
      return false;
    } catch (const broken_rule& rule) {
      complain(total.wrong, "broken rule of the flash", rule.words, seed_);
      ring_.reset();
      be_healthy();
      return false;
    }
  }

  /// From here on reads, programs and erases may fail.
  void let_fail() { fails_ = true; }
  void switch_off() { ring_.reset(); }

  /// While it is off, one bit of the memory changes.
  void lose_a_bit() {
    if (!ring_) return;
    ring_.reset();
    const std::size_t at = chance_.below(flash_.size());
    // Of the youngest entry of all, where it is the first of its page, nothing else knows.
    const std::size_t size = flash_.pages().page_bytes, in_page = at % size;
    bool others = in_page < 16 || in_page >= 128;
    for (std::size_t i = size * 7 / 8; i < size; ++i) others = others || flash_.at(at - in_page + i) != '\xFF';
    if (!others) return;
    char& byte = flash_.at(at);
    byte = static_cast<char>(byte ^ (1 << chance_.below(8)));
    bit_lost_ = true;
    ++total.bits;
  }

  /// The line and the power stay: everything has to arrive.
  void finish() {
    be_healthy();
    fails_ = false;
    try {
      if (!ring_) reset();
      calm_ = true;
      deliver(1'000'000);
      if (ring_->waiting() != 0) complain(total.lost, "waits for ever", std::to_string(ring_->waiting()), seed_);
      // Still usable, from the first page to the last.
      for (std::uint32_t i = 0; i < 12; ++i) offer_new();
      deliver(1'000'000);
    } catch (const broken_rule& rule) {
      complain(total.wrong, "broken rule of the flash", rule.words, seed_);
    }
    judge();
    total.failures += flash_.failures;
  }

  std::uint64_t written() const { return flash_.written; }
  device(const device&) = delete;
  device& operator=(const device&) = delete;

 private:
  void reset() {
    for (char& each : room_) each = static_cast<char>(chance_.next());
    may_send_again_ = flash_.failures != 0;
    sent_again_ = sent_again_ || may_send_again_;
    const std::uint64_t before = flash_.failures;
    ring_ = std::make_unique<auditor::record_ring>(flash_.pages(), room_);
    if (ring_->problem().code == auditor::errc::storage_failed && flash_.failures != before) {
      flash_.reads_until_failure = nor_flash::never;
      ring_ = std::make_unique<auditor::record_ring>(flash_.pages(), room_);
    }
    if (ring_->problem()) complain(total.wrong, "does not open", std::string(ring_->problem().words()), seed_);
    look_at_waiting();
  }

  void look_at_waiting() {
    if (bit_lost_ || !ring_) return;
    // All before the last that was sent has arrived, all behind it waits; what was never accepted may.
    std::size_t least = 0, most = 0;
    bool sent = false;
    for (std::size_t i = offers_.size(); i != 0 && !sent; --i) {
      const offer& each = offers_[i - 1];
      for (std::size_t k = server_.seen.size(); k != 0 && !sent; --k) sent = is(each, server_.seen[k - 1]);
      least += !sent && each.accepted;
      ++most;
      // Offered once more: either may be the one that was sent.
      for (std::size_t k = i - 1; sent && k != 0 && same(each, offers_[k - 1]); --k) ++most;
    }
    if (ring_->waiting() < least) complain(total.lost, "fewer wait than were accepted", std::to_string(least), seed_);
    if (ring_->waiting() > (may_send_again_ ? offers_.size() : most))
      complain(total.doubled, "more wait than were accepted", std::to_string(most), seed_);
  }

  void choose_failures() {
    be_healthy_but_for_cuts();
    if (chance_.percent(30)) flash_.reads_until_failure = chance_.below(chance_.percent(50) ? 12 : 200);
    if (chance_.percent(20)) flash_.programs_until_failure = chance_.below(6);
    if (chance_.percent(20)) flash_.erases_until_failure = chance_.below(2);
  }
  void be_healthy_but_for_cuts() {
    flash_.reads_until_failure = flash_.programs_until_failure = flash_.erases_until_failure = nor_flash::never;
  }
  void be_healthy() {
    be_healthy_but_for_cuts();
    flash_.bytes_until_cut = nor_flash::never;
  }

  auditor::record record_of(const offer& what) {
    const std::size_t h = what.id.size() + static_cast<unsigned char>(what.id.back());
    auditor::record r(what.id, noon);
    r.components.push_back(auditor::component("energy", static_cast<std::int64_t>(h)));
    if (const std::size_t size = filler_[h % filler_.size()]; size != 0)
      r = std::move(r).with_meta("note", std::string(size, 'x'));
    r.stop_time = what.stop;
    return r;
  }

  void offer_this(const offer& what) {
    const auditor::record r = record_of(what);
    offers_.push_back(what);
    offers_.back().accepted = false;  // if the power goes now
    const std::uint64_t failures = flash_.failures, programs = flash_.programs;
    const auditor::result<void> kept = what.is_update ? ring_->update(r) : ring_->add(r);
    if (kept) {
      ++total.accepted;
      offers_.back().accepted = true;
      return;
    }
    const bool failed = kept.error().code == auditor::errc::storage_failed && flash_.failures != failures;
    // Head, record, and the mark that was the last word: it may have been set.
    if (failed && flash_.programs - programs >= 3) {
      ++total.in_doubt;
      return;
    }
    offers_.pop_back();
    if (failed) return;
    if (kept.error().code == auditor::errc::buffer_full)
      ++total.full;
    else if (kept.error().code != auditor::errc::record_too_large)
      complain(total.wrong, "is not kept", auditor::message(kept.error()), seed_);
  }
  void offer_new() {
    // What was under way when the power went is offered again, or not.
    if (!offers_.empty() && !offers_.back().accepted && chance_.percent(60)) return offer_this(offer(offers_.back()));
    const bool poison = chance_.percent(5), closed = chance_.percent(30);
    offer_this({false, (poison ? "poison" : "m") + std::to_string(serial_++),
                closed ? std::optional(noon + std::chrono::seconds(serial_)) : std::nullopt, true});
  }
  void offer_stop() {
    for (std::size_t back = 1; back <= (std::min)(offers_.size(), std::size_t{6}); ++back) {
      const offer& last = offers_[offers_.size() - back];
      if (!last.accepted || !chance_.percent(50)) continue;
      return offer_this({true, last.id, noon + std::chrono::seconds(10'000 + serial_++), true});
    }
  }

  void deliver(std::size_t most) {
    std::size_t left = most;
    server_.down = [&] { return !calm_ && (left == 0 || chance_.percent(3)); };
    server_.lost = [&] { return !calm_ && chance_.percent(10); };
    // Records come while others are sent.
    server_.working = [&] {
      if (!calm_ && chance_.percent(10)) offer_new();
    };
    auto client = client_of(server_);
    const auditor::ring_delivery done =
        ring_->deliver(client, [&](const auditor::refused_entry& entry, const auditor::error& why) {
          if (why.code == auditor::errc::storage_failed && bit_lost_) {
            // One entry that reads otherwise, or so many that are not there.
            const std::string_view words = why.words();
            const auto number = words.find_last_of(' ');
            const auto told = entry.json.empty() ? std::strtoull(words.data() + number, nullptr, 10) : 1;
            told_ += told;
            total.told += told;
            return true;
          }
          // An add that is sent once more, behind its update.
          if (why.code == auditor::errc::conflict && sent_again_) return true;
          if (!answering::is_poison(why.record_id()) && !(why.code == auditor::errc::record_not_found && told_ != 0))
            complain(total.wrong, "is refused", auditor::message(why), seed_);
          if (entry.json.find(why.record_id()) == std::string_view::npos)
            complain(total.wrong, "is not shown", auditor::message(why), seed_);
          refused_.push_back(std::string(why.record_id()));
          ++total.refused;
          return true;
        });
    total.delivered += done.delivered;
    if (done.waiting != ring_->waiting() || (done && done.waiting != 0))
      complain(total.wrong, "nothing was left to do, and so many wait", std::to_string(done.waiting), seed_);
    if (done.stopped.code == auditor::errc::storage_failed && !fails_)
      complain(total.wrong, "stops", auditor::message(done.stopped), seed_);
    if (calm_ && !done) complain(total.wrong, "stops", auditor::message(done.stopped), seed_);
  }

  // What arrived, in order, against what was offered.
  void judge() {
    std::map<std::string, std::size_t> reached;  // of each id: the offer that was seen last
    std::size_t last = 0;
    for (const answering::act& act : server_.seen) {
      std::size_t found = offers_.size();
      for (std::size_t i = 0; i < offers_.size(); ++i)
        if (is(offers_[i], act)) {
          // Of several the one that is nearest: the same offer again is no other.
          if (found == offers_.size() || i <= last) found = i;
        }
      if (found == offers_.size()) {
        complain(total.wrong, "was never offered", act.id, seed_);
        continue;
      }
      const auto [at, first] = reached.try_emplace(act.id, found);
      if (!first && !sent_again_ && found < at->second && !same(offers_[found], offers_[at->second]))
        complain(total.disordered, "comes behind a later one", act.id, seed_);
      if (!sent_again_ && found + 1 < last && !again_later(found, last))
        complain(total.doubled, "was delivered before", act.id, seed_);
      at->second = found;
      last = (std::max)(last, found);
    }
    std::uint64_t missing = 0;
    for (const offer& each : offers_) {
      if (!each.accepted) continue;
      bool arrived = false;
      for (const answering::act& act : server_.seen) arrived = arrived || is(each, act);
      if (bit_lost_) {
        missing += !arrived;
        continue;
      }
      if (!arrived) complain(total.lost, "never arrived", each.id, seed_);
      const bool told = std::find(refused_.begin(), refused_.end(), each.id) != refused_.end();
      if (answering::is_poison(each.id) ? !told : !server_.table.contains(each.id))
        complain(total.lost, "is not there", each.id, seed_);
    }
    if (missing > told_) complain(total.lost, "were lost, and nobody was told", std::to_string(missing), seed_);
    // The last word about a record stays, and the rest is as it was given.
    for (const auto& [id, r] : server_.table) {
      if (const auditor::record given = record_of({false, id, r.stop_time, true}); !(given == r))
        complain(total.wrong, "has other content", id, seed_);
      if (told_ != 0) continue;
      std::vector<std::optional<auditor::timestamp>> allowed;
      for (const offer& each : offers_) {
        if (each.id != id) continue;
        if (each.accepted) allowed.clear();
        allowed.push_back(each.stop);
      }
      if (std::find(allowed.begin(), allowed.end(), r.stop_time) == allowed.end())
        complain(total.disordered, "has another stop time than the last", id, seed_);
    }
  }
  static bool is(const offer& a, const answering::act& b) {
    return a.id == b.id && a.is_update == b.is_update && a.stop == b.stop;
  }
  static bool same(const offer& a, const offer& b) {
    return a.id == b.id && a.is_update == b.is_update && a.stop == b.stop;
  }
  // Whether the last one may just be sent once more: nothing accepted lies between.
  bool again_later(std::size_t from, std::size_t to) const {
    for (std::size_t i = from + 1; i < to; ++i)
      if (offers_[i].accepted) return false;
    return true;
  }

  static constexpr std::array<std::size_t, 7> filler_{0, 10, 31, 64, 100, 7, 150};

  std::uint64_t seed_;
  random_source chance_;
  nor_flash flash_;
  answering server_;
  std::vector<char> room_;
  std::vector<offer> offers_;
  std::vector<std::string> refused_;
  std::uint64_t serial_ = 0;
  bool calm_ = false, bit_lost_ = false, fails_ = false;
  bool may_send_again_ = false, sent_again_ = false;  // after a reset, where marks failed
  std::uint64_t told_ = 0;                            // entries that the memory did not keep
  std::unique_ptr<auditor::record_ring> ring_;
};

// A long history with a cut every now and then.
void random_cuts(std::uint64_t seed) {
  random_source chance(seed);
  device d(seed, chance.of(geometries));
  const std::size_t steps = 20 + chance.below(120);
  const std::size_t often = 30 + chance.below(3'000);
  std::uint64_t left = chance.below(often);
  for (std::size_t i = 0; i < steps && !total.found(); ++i) {
    const std::uint64_t before = d.written();
    if (!d.step(left)) {
      left = chance.below(often);
      continue;
    }
    left -= (std::min)(left, d.written() - before);
  }
  d.finish();
}

// One step of a history, cut at each of its bytes in turn, and now and then again on the way up.
void every_byte(std::uint64_t seed) {
  random_source chance(seed);
  const geometry g = chance.of(geometries);
  const std::size_t steps = 5 + chance.below(50);
  for (std::uint64_t at = 0; !total.found(); ++at) {
    device d(seed, g);
    for (std::size_t i = 0; i < steps; ++i) d.step(nor_flash::never);
    const bool is_cut = !d.step(at);
    for (std::size_t i = chance.below(4); is_cut && i != 0; --i) d.step(chance.below(400));
    d.finish();
    if (!is_cut) return;
  }
}

// No power cut, but twice a bit of the memory that changes: what that changed is told.
void lost_bits(std::uint64_t seed) {
  random_source chance(seed);
  device d(seed, chance.of(geometries));
  for (std::size_t bit = 0; bit < 2; ++bit) {
    for (std::size_t i = 5 + chance.below(25); i != 0; --i) d.step(nor_flash::never);
    d.lose_a_bit();
  }
  for (std::size_t i = chance.below(25); i != 0; --i) d.step(nor_flash::never);
  d.finish();
}

// The memory fails now and then: at times the power too.
void failures(std::uint64_t seed) {
  random_source chance(seed);
  device d(seed, chance.of(geometries));
  const bool is_cut = chance.percent(20), is_reset = chance.percent(30);
  for (std::size_t i = chance.below(10); i != 0; --i) d.step(nor_flash::never);
  d.let_fail();
  for (std::size_t i = 2 + chance.below(chance.percent(70) ? 6 : 60); i != 0; --i) {
    d.step(is_cut && chance.percent(20) ? chance.below(400) : nor_flash::never);
    if (is_reset && chance.percent(20)) d.switch_off();
  }
  d.finish();
}

std::uint64_t number(const char* text, std::uint64_t otherwise) {
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** words) {
  const auto word = [&](int i) { return i < count ? words[i] : nullptr; };
  const std::uint64_t cuts = number(word(1), 10'000), seed = number(word(2), 20'261'127);
#ifdef AUDITOR_SEEDED_BUGS
  auditor_seeded_bug = static_cast<int>(number(word(3), 0));
#endif
  for (std::uint64_t i = number(word(4), 0); total.cuts < cuts && !total.found(); ++i, ++total.histories) {
    const std::uint64_t one = seed * 1'000'003 + i;
    if (i % 16 == 0)
      every_byte(one);
    else
      random_cuts(one);
    for (std::uint64_t k = 0; k < 4 && !total.found(); ++k) lost_bits(4 * one + k);
    for (std::uint64_t k = 0; k < 40 && !total.found(); ++k) failures(40 * one + k);
  }
  const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
  std::printf("power cuts: seed %llu, %llu histories, %llu cuts: %llu entries accepted, %llu delivered, %llu refused, ",
              n(seed), n(total.histories), n(total.cuts), n(total.accepted), n(total.delivered), n(total.refused));
  std::printf("%llu times full; %llu bits lost and %llu entries with them; %llu failures, %llu adds in doubt; ",
              n(total.full), n(total.bits), n(total.told), n(total.failures), n(total.in_doubt));
  std::printf("%llu lost, %llu doubled, %llu out of order, %llu wrong\n", n(total.lost), n(total.doubled),
              n(total.disordered), n(total.wrong));
  return total.found() ? EXIT_FAILURE : EXIT_SUCCESS;
}
