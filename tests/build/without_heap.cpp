// What works in memory of the caller's: the program that without_heap.py links.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_reader.hpp>

#include <cstdio>
#include <span>

namespace {

alignas(8) char workspace[2048];
alignas(8) char lists[512];

int read_all() {
  auditor::record_reader reader{std::span<char>(workspace)};
  using status = auditor::record_reader::status;
  for (;;) {
    const std::span<char> room = reader.prepare();
    const std::size_t n = std::fread(room.data(), 1, room.size(), stdin);
    if (n == 0) return reader.finish() ? 0 : 1;
    reader.commit(n);
    status at = reader.next();
    for (; at == status::item; at = reader.next()) {
      auditor::record_storage storage{std::span<char>(lists)};
      auditor::record_view again;
      if (auditor::decode_record(reader.text(), storage, again)) return 2;
      std::fwrite(again.record_id.data(), 1, again.record_id.size(), stdout);
    }
    if (at == status::failed && !reader.skip()) return 3;
  }
}

}  // namespace

int main() { return read_all(); }
