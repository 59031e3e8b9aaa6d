// What only reads do that have a limit, an order of the caller's, or another proof than the usual one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {

class query;
enum class commit_result : std::uint8_t;
enum class next_action : std::uint8_t;

namespace detail {

class questions;
class read_operation;
class text_buffer;
enum class question : std::uint8_t;

/// Behind pointers: where code is to be small, a query has them that names a limit or an order, and a proof that is not
/// `complete`; a program that names none of these links nothing of it. Else every read has them.
struct special_reads {
  bool (*refuse_limit)(error& why) noexcept;
  /// Before the first question. False: it is refused.
  bool (*prepare)(read_operation& of);
  /// Of a superset.
  bool (*holds_for)(const query& asked, const record_view& r) noexcept;
  void (*write_target)(const questions& of, question to_ask, text_buffer& to);
  /// Of a question for what the caller asked for, in its order.
  void (*begin)(read_operation& of) noexcept;
  commit_result (*take_record)(read_operation& of, const record_view& r);
  /// Of such a one, and of one up to a limit.
  next_action (*conclude)(read_operation& of);
  /// What matches is counted.
  next_action (*counted)(read_operation& of);

  static const special_reads all;

#if AUDITOR_COMPACT && defined(__GNUC__)
  static constexpr bool are_named = true;
#else
  static constexpr bool are_named = false;
#endif

  /// For what names them.
  static constexpr const special_reads* named() noexcept {
    if constexpr (are_named)
      return &all;
    else
      return nullptr;
  }

 private:
  static bool prepare_read(read_operation& of);
  static bool holds(const query& asked, const record_view& r) noexcept;
  static void write(const questions& of, question to_ask, text_buffer& to);
  static void begin_again(read_operation& of) noexcept;
  static commit_result take(read_operation& of, const record_view& r);
  static next_action end(read_operation& of);
  static next_action ask_limited(read_operation& of);
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
