// Chunks taken apart: the same body however the bytes are cut, and an end to every line between them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/transport/chunk_reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using auditor::detail::chunk_reader;

namespace {

struct taken_apart {
  std::string body;
  std::string_view left, complaint;
  bool done = false;
};

// In pieces of `step` bytes, with room for `most`.
taken_apart through(std::string_view text, std::size_t step, std::size_t most) {
  chunk_reader reader;
  taken_apart all;
  while (!text.empty() && !reader.done() && reader.complaint().empty()) {
    std::string_view from = text.substr(0, step);
    const std::size_t size = from.size();
    for (std::string_view piece; !(piece = reader.next(from, most)).empty();) {
      CHECK(piece.size() <= most);
      all.body += piece;
    }
    text.remove_prefix(size - from.size());
  }
  all.left = text;
  all.complaint = reader.complaint();
  all.done = reader.done();
  return all;
}

}  // namespace

TEST_CASE("a chunked body is the same however its bytes are cut, and what is behind it is left") {
  const std::string_view text =
      "5\r\nhello\r\n00a;name=\"value\"\r\n, chunks!!\r\n1 \r\n\n\r\n0;last\r\nX: y\r\nZ:\r\n\r\nHTTP/1.1 200 OK";
  for (std::size_t step = 1; step <= text.size(); ++step)
    for (const std::size_t most : {1u, 3u, 100u}) {
      const taken_apart got = through(text, step, most);
      CHECK(got.body == "hello, chunks!!\n");
      CHECK(got.done);
      CHECK(got.left == "HTTP/1.1 200 OK");
    }
}

TEST_CASE("a chunked body that is cut anywhere is not done") {
  const std::string_view text = "3\r\nabc\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) CHECK(!through(text.substr(0, size), 100, 100).done);
  CHECK(through(text, 100, 100).done);
}

TEST_CASE("what is no chunk, or a line without an end, is refused with words") {
  const std::string long_line(5'000, 'x'), zeros(5'000, '0');
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: y\r\n";
  const struct {
    std::string text;
    std::string_view words;
  } table[] = {
      {"\r\n", "size of a chunk"},
      {"x\r\n", "size of a chunk"},
      {"-1\r\n", "size of a chunk"},
      {"0x5\r\n", "size of a chunk"},
      {"3\nabc", "size of a chunk"},
      {"3\rabc", "size of a chunk"},
      {"3;a\nabc", "size of a chunk"},
      {"10000000000000000\r\n", "size of a chunk"},
      {zeros, "size of a chunk"},
      {"3;" + long_line, "2 KiB"},
      {"3\r\nabcd", "longer than its size"},
      {"3\r\nabc\rd", "longer than its size"},
      {"0\r\n" + long_line, "2 KiB"},
      {"0\r\n" + fields, "100 fields"},
      {"0\r\nX: y\n", "trailer"},
      {"0\r\n\rx", "trailer"},
  };
  for (const auto& each : table) {
    const taken_apart got = through(each.text, 7, 100);
    CAPTURE(each.text.substr(0, 40), got.complaint);
    CHECK(!got.done);
    CHECK(got.complaint.find(each.words) != std::string_view::npos);
  }
}
