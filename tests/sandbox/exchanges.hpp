// The recorded exchanges with the real server, and how an answer is compared with a recorded one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exchanges {

struct message {
  std::string start;                                         // "GET /records HTTP/1.1" or "HTTP/1.1 200 OK"
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // without chunks
  std::vector<std::string> chunks;

  std::string header(std::string_view name) const {
    for (const auto& [known, value] : headers)
      if (known == name) return value;
    return {};
  }
  int status() const { return std::stoi(start.substr(start.find(' ') + 1)); }
  std::string method() const { return start.substr(0, start.find(' ')); }
  std::string target() const {
    const std::size_t begin = start.find(' ') + 1;
    return start.substr(begin, start.find(' ', begin) - begin);
  }
};

inline message parse_message(std::string text) {
  message m;
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos) throw std::runtime_error("no end of head: " + text);
  std::string rest = text.substr(head_end + 4);
  std::size_t line = text.find("\r\n");
  m.start = text.substr(0, line);
  while (line < head_end) {
    const std::size_t begin = line + 2;
    line = text.find("\r\n", begin);
    const std::size_t colon = text.find(':', begin);
    std::string name = text.substr(begin, colon - begin);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    m.headers.emplace_back(std::move(name), text.substr(colon + 2, line - colon - 2));
  }
  if (m.start.find(" 100 ") != std::string::npos) return parse_message(std::move(rest));
  if (m.header("transfer-encoding") == "chunked") {
    for (std::size_t i = 0;;) {
      const std::size_t size_end = rest.find("\r\n", i);
      if (size_end == std::string::npos) throw std::runtime_error("no last chunk");
      const std::size_t size = std::stoul(rest.substr(i, size_end - i), nullptr, 16);
      if (size == 0) break;
      m.chunks.push_back(rest.substr(size_end + 2, size));
      m.body += m.chunks.back();
      i = size_end + 2 + size + 2;
    }
  } else {
    m.body = std::move(rest);
  }
  return m;
}

struct exchange {
  std::string name;
  std::string raw_request;
  message request;
  message response;
};

inline std::vector<exchange> load(const std::string& path) {
  const auto to_bytes = [](const std::string& utf8) {  // code points 0 - 255 stand for bytes
    std::string bytes;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      const auto c = static_cast<unsigned char>(utf8[i]);
      if (c < 0x80)
        bytes += utf8[i];
      else
        bytes += static_cast<char>(((c & 3u) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3Fu));
    }
    return bytes;
  };
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<exchange> all;
  for (std::string line; std::getline(file, line);) {
    const auto j = nlohmann::json::parse(line);
    std::string raw = to_bytes(j.at("request").get<std::string>());
    message request = parse_message(raw);
    all.push_back({j.at("case").get<std::string>(), std::move(raw), std::move(request),
                   parse_message(to_bytes(j.at("response").get<std::string>()))});
  }
  return all;
}

// Every JSON value of a text, one after the other; the text itself when it is no JSON.
inline std::vector<nlohmann::json> values_of(const std::string& text) {
  std::vector<nlohmann::json> values;
  for (std::size_t begin = 0; begin < text.size();) {
    int depth = 0;
    bool in_string = false;
    std::size_t end = begin;
    do {
      const char c = text[end++];
      if (in_string && c == '\\')
        ++end;
      else if (c == '"')
        in_string = !in_string;
      else if (!in_string && (c == '{' || c == '['))
        ++depth;
      else if (!in_string && (c == '}' || c == ']'))
        --depth;
    } while (end < text.size() && depth > 0);
    if (depth == 0 && text[begin] != '{') end = text.size();
    auto value = nlohmann::json::parse(text.substr(begin, end - begin), nullptr, false);
    if (value.is_discarded()) return {nlohmann::json(text)};
    values.push_back(std::move(value));
    begin = end;
  }
  return values;
}

// Lists compare record by record, JSON by value, everything else by bytes.
inline bool same_body(const std::string& a, const std::string& b) { return a == b || values_of(a) == values_of(b); }

// What record.py sent and did not keep, in its order: before which kept exchange, and what.
struct unrecorded {
  std::string before;
  std::string body;
};

inline std::vector<unrecorded> unrecorded_adds() {
  using nlohmann::json;
  const json cpu =
      json::array({{{"name", "CPU"}, {"amount", 10}, {"scores", json::array({{{"name", "HEPSPEC06"}, {"value", 9.2}}})}}});
  std::vector<unrecorded> adds;
  const std::pair<const char*, const char*> ids[] = {
      {"hash", "a#b"},     {"slash", "a/b"},    {"percent2F", "a%2Fb"}, {"plus", "a+b"},        {"space", "a b"},
      {"question", "a?b"}, {"dots", ".."},      {"dot", "."},           {"accent", "\xC3\xA9"}, {"amp", "a&b=c"},
      {"percent", "100%"}, {"bracket", "a[b]"}, {"quote", "a\"b"},      {"trail", "a/"}};
  for (const auto& [name, id] : ids) {
    const json r{{"record_id", id},
                 {"meta", {{"site_id", {"site1"}}, {"group", {"group_1", "group_2"}}}},
                 {"components", cpu},
                 {"start_time", "2022-08-03T09:47:00Z"}};
    adds.push_back({std::string("id-") + name + "-get", r.dump()});
  }
  for (int i = 1; i <= 5; ++i) {
    const std::string n = std::to_string(i);
    const json r{{"record_id", "q-" + n},
                 {"meta",
                  {{"2nd", {"v" + n}},
                   {"site", {i % 2 == 1 ? "A" : "B", "common"}},
                   {"k[x]", {"odd"}},
                   {"k&=", {"amp"}},
                   {"0", {"zero"}},
                   {"\xC3\xA9", {"\xC3\xA8"}}}},
                 {"components", json::array({{{"name", "CPU"}, {"amount", i}, {"scores", json::array()}},
                                             {{"name", "MEM"}, {"amount", 100 * i}, {"scores", json::array()}}})},
                 {"start_time", "2023-01-0" + n + "T00:00:00Z"},
                 {"stop_time", "2023-01-0" + n + "T0" + n + ":00:00Z"}};
    adds.push_back({"query-two", r.dump()});
  }
  const json open{{"record_id", "q-open"},
                  {"meta", {{"site", json::array({"A"})}}},
                  {"components", json::array({{{"name", "CPU"}, {"amount", 3}, {"scores", json::array()}}})},
                  {"start_time", "2023-01-06T00:00:00Z"}};
  adds.push_back({"query-two", open.dump()});
  return adds;
}

}  // namespace exchanges
