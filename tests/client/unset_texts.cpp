// A variable of the environment that is not set is a null pointer: an empty text to whoever takes a text, and never a crash.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/name.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/client/client.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>
#include <auditor/transport/settings.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace auditor;

TEST_CASE("an unset variable of the environment is an empty text to every function that takes a text") {
  const char* const unset = nullptr;
  client<testing::scripted_transport, testing::manual_executor> c({testing::reply::with(200, unset)},
                                                                  testing::manual_executor(), options{});
  const record r("record", std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
  struct row {
    std::string_view call;
    std::function<std::string()> words;
    std::string_view expected;
  };
  const std::string no_id = "record_id: must not be empty";
  const std::vector<row> rows = {
      {"find", [&] { return std::string(c.find(unset).error().words()); }, no_id},
      {"find of nullptr", [&] { return std::string(c.find(nullptr).error().words()); }, no_id},
      {"get_single_record", [&] { return std::string(c.get_single_record(unset).error().words()); }, no_id},
      {"query::raw", [&] { return query::raw(unset).encode().value(); }, ""},
      {"parse_timestamp", [&] { return std::string(parse_timestamp(unset).error().words()).substr(0, 22); },
       "not a time of RFC 3339"},
      {"validate_name", [&] { return std::string(validate_name(unset, unset).error().words()); }, ": must not be empty"},
      {"error", [&] { return std::string(error(errc::busy, unset).of(unset).more(unset).words()); }, ""},
      {"error::say", [&] { return std::string(error(errc::busy, "words").say(unset).words()); }, ""},
      {"record::find_component", [&] { return r.find_component(unset) == nullptr ? "none" : "one"; }, "none"},
      {"record_view::find_component", [&] { return record_view(r).find_component(nullptr) ? "one" : "none"; }, "none"},
      {"record_view::meta", [&] { return record_view(r).meta.find(nullptr) ? "one" : "none"; }, "none"},
      {"tls_options", [&] { return std::string(tls_options{.ca_file = unset, .client_key = nullptr}.ca_file); }, ""},
  };
  for (const row& each : rows) {
    CAPTURE(each.call);
    CHECK(each.words() == each.expected);
  }
}

TEST_CASE("a text of settings takes what a text can be made of") {
  tls_options tls{.ca_file = "ca.pem", .ca_directory = std::string("authorities"), .crl_file = std::string_view("crl.pem")};
  CHECK(tls.ca_file + tls.ca_directory + tls.crl_file == "ca.pemauthoritiescrl.pem");
  tls.ca_file = nullptr;
  CHECK(tls.ca_file.empty());
#ifdef __cpp_char8_t
  tls.ca_file = u8"\u00FC";
  CHECK(tls.ca_file == "\xC3\xBC");
#endif
}
