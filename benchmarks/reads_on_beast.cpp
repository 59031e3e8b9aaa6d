// What reading every record over Boost.Beast costs: as reads.cpp, for tools/bench-live and tools/count-calls.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   reads_on_beast URL

#include <auditor/auditor.hpp>
#include <auditor/ext/beast.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>

#include "one_read.hpp"

namespace {

outcome read_all(const char* url) {
  boost::asio::io_context loop;
  const auditor::boost_asio_executor executor(loop.get_executor());
  auditor::client client(built(auditor::beast_transport::create(executor, {.url = url})), executor);
  outcome read = auditor::errc::cancelled;
  client.for_each(auditor::query{}, [](const auditor::record_view&) {}, {}, [&](const outcome& ended) { read = ended; });
  loop.run();
  return read;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) return measure(&read_all, argv[1]);
  std::fprintf(stderr, "usage: reads_on_beast URL\n");
  return 2;
}
