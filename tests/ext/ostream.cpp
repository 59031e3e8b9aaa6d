// What the library's types look like on a stream.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/ext/ostream.hpp>

#include <sstream>

#include "catch.hpp"

TEST_CASE("errors, codes, outcomes and times are printed in words") {
  using auditor::operator<<;
  std::ostringstream out;
  out << auditor::errc::record_exists << ' ' << auditor::outcome::duplicate << ' ' << auditor::route::post_record << ' '
      << auditor::timestamp{} << ' ' << auditor::error(auditor::errc::busy);
  CHECK(out.str() ==
        "record_exists duplicate POST /record 1970-01-01T00:00:00Z the transport is busy with another request; wait for "
        "the other request");
}
