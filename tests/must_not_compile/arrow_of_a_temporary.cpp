// The records of a list that is gone are gone too.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: deleted
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <cstddef>

using namespace auditor;

std::size_t control(client<testing::scripted_transport>& c) {
  std::size_t n = 0;
  for (const record& r : *c.get()) n += r.components.size();
  for (const record& r : c.get().value().records) n += r.components.size();
  return c.for_each(query{}, [](const record_view&) {})->records == n ? n : 0;
}

#ifdef AUDITOR_MUST_NOT_COMPILE
std::size_t mistake(client<testing::scripted_transport>& c) {
  std::size_t n = 0;
  for (const record& r : c.get()->records) n += r.components.size();
  return n;
}
#endif
