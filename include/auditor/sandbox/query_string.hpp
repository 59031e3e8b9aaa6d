// The server's query strings: keys in brackets become a tree, as its library (in strict mode) builds it. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/request_body.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// A refused query; the server's words.
struct query_complaint {
  std::string words;
};

inline constexpr std::string_view encoded_bracket =
    "\nInvalid field contains an encoded bracket -- did you mean to use non-strict mode?\n"
    "  https://docs.rs/serde_qs/latest/serde_qs/#strict-vs-non-strict-modes";

/// One node of the tree.
struct query_level {
  enum class form { empty, flat, nested, ordered, sequence, invalid } kind = form::empty;
  std::string text;                            ///< of flat and invalid
  std::map<std::string, query_level> nested;   ///< `[name]`
  std::map<std::size_t, query_level> ordered;  ///< `[0]`
  std::vector<query_level> sequence;           ///< `[]`

  /// As the server's language prints it; it turns up in error messages.
  std::string print() const;
};

/// Decodes `%XX`, but for the bytes in `keep`; what is no escape stays.
std::string percent_decode(std::string_view text, std::string_view keep = {});

/// Builds the tree of one query string; throws a `query_complaint`.
class query_parser {
 public:
  explicit query_parser(std::string_view text) : text_(text) {}

  std::map<std::string, query_level> parse();

 private:
  // What stands for the end of the text; NUL cannot be in a request line.
  static constexpr char end_of_text = '\0';

  // `taken_` counts what was taken, the end included, for the positions in error messages; a peeked character is taken.
  char take();
  char peek();
  void give_back(char c) noexcept;

  /// What was taken since the last mark, but for the last character; decoded.
  std::string collect();
  [[noreturn]] void refuse(const std::string& why) const;
  bool parse_pair(query_level& level);
  std::string collect_key(char end, bool consume);
  static std::size_t to_index(const std::string& key);
  std::string collect_value();

  // `=value`, nothing, or one level deeper; `descend` gives the place of a deeper level.
  template <class Insert, class Descend>
  void add(query_level& level, bool indexed, const Insert& insert, const Descend& descend);
  static bool become(query_level& level, query_level::form kind);
  static void invalidate(query_level& level, std::string why);
  static query_level flat(std::string value);
  void add_named(std::string key, query_level& level);
  void add_indexed(std::size_t index, query_level& level);
  void add_unnamed(query_level& level);

  // A key with a bracket is shown encoded, any other as it is.
  static std::string encoded(const std::string& key);

  std::string_view text_;
  std::size_t taken_ = 0;
  std::size_t mark_ = 0;
  std::size_t depth_ = 5;
  char peeked_ = end_of_text;
  bool has_peeked_ = false;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/query_string.ipp>
#endif
