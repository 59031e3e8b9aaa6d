// The conformance suite finds what is wrong with a transport, and nothing where nothing is wrong.
#include <auditor/executor/io_loop.hpp>
#include <auditor/testing/conformance.hpp>

#include "catch.hpp"
#include "plain_transport.hpp"
#include "threaded.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace auditor;
using plain::async_flaw;
using plain::flaw;
using testing::conformance_settings;

namespace {

auto blocking(flaw broken) {
  return [broken](const std::string&, std::uint16_t port) { return plain::transport(port, broken); };
}

std::vector<testing::finding> asynchronous(async_flaw broken, flaw inner, const conformance_settings& settings) {
  io_loop loop;
  const auto executor = loop.get_executor();
  const auto make = [&](const std::string&, std::uint16_t port) {
    return plain::threaded<io_loop::executor>(port, executor, broken, inner);
  };
  return testing::conformance(make, executor, [&loop] { loop.run_once(ticks{10}); }, settings);
}

constexpr std::string_view sent_once = "sent once when its connection breaks";
constexpr std::string_view ends_early = "ends early is connection_lost";
constexpr std::string_view request_exact = "of a request arrive exactly";
constexpr std::string_view answer_exact = "of an answer arrive exactly";

}  // namespace

TEST_CASE("a blocking transport that keeps to the rules is found to keep them all") {
  const auto all = testing::conformance(blocking(flaw::none));
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(all.size() > 20);
}

TEST_CASE("each defect of a blocking transport is found by the rule that it breaks", "[deep]") {
  const struct {
    flaw broken;
    std::string_view rule;
  } table[] = {
      {flaw::sends_again, sent_once},
      {flaw::sends_again_on_kept, sent_once},
      {flaw::follows_redirects, "redirects"},
      {flaw::truncated_is_complete, ends_early},
      {flaw::short_length_is_complete, ends_early},
      {flaw::lost_is_refused, ends_early},
      {flaw::unframed_is_complete, "whose end cannot be told"},
      {flaw::drops_last_byte, answer_exact},
      {flaw::takes_interim_answer, answer_exact},
      {flaw::drops_error_bodies, "any status"},
      {flaw::overruns_room, "room for one byte"},
      {flaw::ignores_time_out, "silence past the deadline"},
      {flaw::ignores_flag, "waits for the head"},
      {flaw::flag_only_before, "within the body"},
      {flaw::flag_only_later, "before it begins"},
      {flaw::joins_streams, "two streams"},
      {flaw::keeps_what_is_behind, "bytes behind an answer"},
      {flaw::drops_what_is_behind, "bytes behind an answer"},
      {flaw::takes_strays, "on a kept connection unasked"},
      {flaw::believes_both_framings, "read in two ways"},
      {flaw::believes_unknown_coding, "read in two ways"},
      {flaw::believes_other_versions, "read in two ways"},
      {flaw::reads_endless_lines, "without an end in its head"},
      {flaw::reads_endless_fields, "without an end in its head"},
      {flaw::reuses_abandoned, "may be abandoned"},
      {flaw::reuses_abandoned, "abandons what it had"},
      {flaw::collects_whole, "slow reader"},
      {flaw::decodes_target, request_exact},
      {flaw::normalises_target, request_exact},
      {flaw::sends_chunked, request_exact},
      {flaw::loses_a_header, request_exact},
      {flaw::cuts_body_at_nul, request_exact},
      {flaw::forgets_retry_after, "Retry-After"},
      {flaw::refused_is_lost, "refused connection"},
      {flaw::shares_with_children, "after a fork"},
  };
  for (const auto& each : table) {
    conformance_settings settings;
    settings.longest_wait = ticks{500};
    settings.only = each.rule;
    const auto all = testing::conformance(blocking(each.broken), settings);
    INFO("defect " << static_cast<int>(each.broken) << ", rule " << each.rule);
    CHECK(!testing::conforms(all));
    CHECK(testing::report(all).starts_with("BROKEN"));
    settings.longest_wait = ticks{5'000};
    const auto sound = testing::conformance(blocking(flaw::none), settings);
    INFO(testing::report(sound));
    CHECK(!sound.empty());
    CHECK(testing::conforms(sound));
  }
}

TEST_CASE("an asynchronous transport that keeps to the rules is found to keep them all") {
  conformance_settings settings;
  settings.exchanges_at_once = 60;  // each has a thread
  const auto all = asynchronous(async_flaw::none, flaw::none, settings);
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(all.size() > 27);
}

TEST_CASE("each defect of an asynchronous transport is found by the rule that it breaks", "[deep]") {
  const struct {
    async_flaw broken;
    flaw inner;
    std::string_view rule;
  } table[] = {
      {async_flaw::completes_open_twice, flaw::none, "redirects"},
      {async_flaw::completes_open_twice, flaw::none, "may begin in a completion"},
      {async_flaw::completes_read_twice, flaw::none, "any status"},
      {async_flaw::completes_read_twice, flaw::none, "at once each get their own answer"},
      {async_flaw::ignores_cancel, flaw::none, "waits for the head"},
      {async_flaw::ignores_cancel, flaw::none, "a cancel ends every step"},
      {async_flaw::ignores_cancel, flaw::none, "silence past the deadline"},
      {async_flaw::forgets_the_cancelled, flaw::none, "a cancel ends every step"},
      {async_flaw::completes_cancel_twice, flaw::none, "a cancel ends every step"},
      {async_flaw::cancel_without_a_step_completes, flaw::none, "a cancel without a step"},
      {async_flaw::cancelled_read_is_the_end, flaw::none, "within the body"},
      {async_flaw::completes_after_destruction, flaw::none, "after the stream was destroyed"},
      {async_flaw::completes_as_it_is_destroyed, flaw::none, "after the stream was destroyed"},
      {async_flaw::cancel_outlives_its_step, flaw::none, "a cancel without a step"},
      {async_flaw::none, flaw::sends_again, sent_once},
      {async_flaw::none, flaw::truncated_is_complete, ends_early},
      {async_flaw::none, flaw::follows_redirects, "redirects"},
      {async_flaw::none, flaw::drops_last_byte, "at once each get their own answer"},
  };
  for (const auto& each : table) {
    conformance_settings settings;
    settings.longest_wait = ticks{500};
    settings.exchanges_at_once = 20;
    settings.only = each.rule;
    const auto all = asynchronous(each.broken, each.inner, settings);
    INFO("defect " << static_cast<int>(each.broken) << " and " << static_cast<int>(each.inner) << ", rule " << each.rule);
    CHECK(!testing::conforms(all));
    CHECK(testing::report(all).starts_with("BROKEN"));
  }
}
