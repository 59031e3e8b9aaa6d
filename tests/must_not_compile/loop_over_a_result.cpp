// A loop over an error would go through nothing.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: look_at_the_result_first_then_loop_over_its_value|deleted function
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

std::size_t control(client<testing::scripted_transport>& c) {
  std::size_t n = 0;
  if (const auto all = c.get())
    for (const record& r : *all) n += r.components.size();
  return n;
}

#ifdef AUDITOR_MUST_NOT_COMPILE
std::size_t mistake(client<testing::scripted_transport>& c) {
  std::size_t n = 0;
  for (const record& r : c.get()) n += r.components.size();
  return n;
}
#endif
