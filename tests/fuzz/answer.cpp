// The head of an answer, its Retry-After, and what status and text mean: nothing hostile ever looks like success.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "fuzz.hpp"

#include <auditor/exchange/classify.hpp>
#include <auditor/transport/answer_head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using auditor::errc;
using auditor::outcome;
using auditor::route;
using fuzz::require;

void judge(int status, std::string_view body) {
  const auditor::detail::answer_text text{body.substr(0, 512),
                                          body.substr(body.size() - (std::min)(body.size(), std::size_t{64})), body.size()};
  for (const route request :
       {route::health_check, route::post_record, route::post_records, route::put_record, route::get_records}) {
    const auditor::detail::judgement j = auditor::detail::classify(request, status, text);
    const bool post = request == route::post_record || request == route::post_records;
    const bool write = post || request == route::put_record;
    const bool whole_success = status == 200 && (request == route::get_records || body.empty());
    const bool exists =
        post && ((status == 500 && body == "RECORD_EXISTS") || (status == 200 && body.starts_with("{\"warning\":")));

    require((j.code == errc::ok) == whole_success, "success is a 200, and empty unless records were asked for", body);
    require((j.outcome == outcome::delivered) == (j.code == errc::ok), "only success is delivered", body);
    require((j.code == errc::record_exists) == exists && (j.outcome == outcome::duplicate) == exists,
            "a duplicate is Auditor's word", body);
    require(j.code != errc::record_not_found || (request == route::put_record && status == 404),
            "only a PUT misses its record", body);
    require(!j.repeat || j.outcome == outcome::unknown || j.outcome == outcome::not_applied, "no repeat of what is settled",
            body);
    require(write || j.outcome != outcome::unknown, "a read changes nothing", body);
    if (write && (status >= 500 || status < 300) && status != 501 && status != 505)
      require(j.outcome == outcome::delivered || j.outcome == outcome::duplicate || j.outcome == outcome::unknown,
              "an answer of this class cannot say that nothing was stored", body);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all = fuzz::as_text(bytes, size);
  std::string_view left = all;

  auditor::detail::answer_head head;
  bool taken = true;
  while (taken && !left.empty() && !head.ready()) {
    const std::size_t end = left.find('\n');
    const std::string_view line = left.substr(0, end == std::string_view::npos ? left.size() : end + 1);
    taken = head.take(line);
    left.remove_prefix(line.size());
  }
  require(taken || !head.complaint().empty(), "a refusal has words", all);
  require(taken || !head.ready(), "what is refused is not ready", all);
  if (head.ready()) {
    const auditor::response_head value = head.value();
    require(value.status >= 200 && value.status <= 999, "a final status", all);
    require(value.retry_after >= -1 && value.retry_after <= 3600, "Retry-After is clamped", all);
    judge(value.status, left);
  }

  // The same bytes as a field, beside a Date that is the other half of them.
  const std::string_view field = all.substr(0, all.find('\n')), date = all.substr((std::min)(all.size(), field.size() + 1));
  const std::int32_t seconds = auditor::detail::parse_retry_after(field, date, 1'700'000'000);
  require(seconds >= -1 && seconds <= 3600, "Retry-After is clamped", field);
  const bool digits = std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool sense = !field.empty() && (digits || auditor::detail::parse_http_date(field).has_value());
  require((seconds >= 0) == sense, "only what makes sense is obeyed", field);

  if (size >= 2) judge(bytes[0] << 8 | bytes[1], all.substr(2));
  return 0;
}
