// A read as a loop of the caller's: `while (records.next(r)) ...`, then `records.finish()`. Constant memory.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/drive.hpp>
#include <auditor/operation/read.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
/// **Lifetime**: the client outlives it; it does not move. **Threads**: one at a time.
/// **Memory**: one network buffer and the record in hand, however many come.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] AUDITOR_EXPORT record_stream {
 public:
  record_stream(Transport& through, Executor& executor, const query& asked, const options& settings, const call_options& call)
      : read_(asked, settings, call), driver_(through, executor, read_, settings, call) {}
  record_stream(const record_stream&) = delete;
  record_stream& operator=(const record_stream&) = delete;
  /// In a debug build ends the program if nobody asked `finish()`: an end and an error must not look alike.
  ~record_stream() { detail::expect(asked_ || !exhausted_); }

  /// The next record, into memory that is used again; false at the end and at an error, `finish()` says which.
  bool next(record& reuse) {
    if (exhausted_) return false;
    if (driver_.next()) {
      failure_ = detail::fill<Codec>(reuse, read_.view(), read_.text());
      if (!failure_) return true;
    }
    exhausted_ = true;
    return false;
  }

  /// How the read ended: complete, none found, unproven, stopped (by you, before its end), or the error.
  result<read_summary> finish() {
    asked_ = true;
    if (failure_) return failure_;
    if (!exhausted_) read_.stop();
    return read_.take();
  }

 private:
  detail::read_operation read_;
  detail::blocking_driver<Transport, Executor> driver_;
  error failure_;
  bool exhausted_ = false, asked_ = false;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
