// Outcomes of the caller's come with records in a row: what is anywhere else would have to be noted down first.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: outcomes of yours are for records in a row
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <list>
#include <span>
#include <vector>

using namespace auditor;

using client_type = client<testing::scripted_transport>;

bool control(client_type& c, const std::vector<record>& records, std::span<record_outcome> outcomes) {
  return bool(c.bulk_insert(records, outcomes)) && bool(c.bulk_insert(std::span(records).first(1), outcomes, {}));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(client_type& c, const std::list<record>& records, std::span<record_outcome> outcomes) {
  (void)c.bulk_insert(records, outcomes);
}
#endif
