// The unit of accounting: who used how much of what, from when to when. The owning form.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/model/component.hpp>
#include <auditor/model/meta.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

/// A record: a job, a virtual machine, a transfer ... and what it used. Plain data, which is also set member by member.
///
/// Building one never fails. `validate()` says what is wrong with it, and every sending call asks it first: an empty name, a
/// start that was never set, a time that no timestamp can hold. A record without a stop time is open: it is sent once more,
/// with its stop time, by `update`.
///
/// ```cpp
/// auto r = auditor::record{"record-1", start}
///     .with_component(auditor::component{"CPU", 10}.with_score("HEPSPEC06", 9.2))
///     .with_meta("site_id", "site1")
///     .with_stop_time(stop);
/// ```
/// **Threads**: a value; concurrent const access is fine. **Memory**: owns its strings. `record_view` is the form that
/// borrows, and every call takes either.
struct AUDITOR_EXPORT record {
  std::string record_id;                   ///< unique in the whole database, for ever; as every name, see `validate`
  auditor::meta meta;                      ///< whose it is: site, group, user ...
  std::vector<component> components;       ///< what was used, in this order
  timestamp start_time = unset_timestamp;  ///< UTC, microseconds; has to be set
  std::optional<timestamp> stop_time;      ///< none: it is still running
  std::optional<std::int64_t> runtime;     ///< whole seconds of stop - start; the server fills it in, nobody sends it

  record() noexcept;
  /// **Ranges**: any time of the system clock; a finer one is rounded towards the past.
  template <class Duration>
  record(model_detail::owned_text id, std::chrono::sys_time<Duration> start) : record() {
    record_id = std::move(id).take();
    start_time = start;
  }
  /// Does not compile: the error says what to write.
  template <class Time>
    requires(!model_detail::sys_time<Time>)
  record(model_detail::owned_text, const Time&) {
    model_detail::explain_time<Time>();
  }

  record(const record&) = default;
  /// Takes what the other one has.
  record(record&&) noexcept;
  record& operator=(const record&) = default;
  // Moved onto itself it stays as it is; its strings and vectors alone would be empty.
  record& operator=(record&& other) noexcept;
  ~record();

  // Each call changes the record that it is made on, and returns it; on a temporary it returns the record as a value.

  /// Adds a component, behind those that are there.
  record& with_component(component c) &;
  record with_component(component c) &&;

  /// Replaces all meta information.
  record& with_meta(auditor::meta m) &;
  record with_meta(auditor::meta m) &&;

  /// Sets the values of one name, from a list of them: `with_meta("group", {"a", "b"})`. Replaces what the name had.
  record& with_meta(model_detail::owned_text name, meta_values values) &;
  record with_meta(model_detail::owned_text name, meta_values values) &&;

  /// Values without braces: `with_meta("group", "a", "b")`.
  template <model_detail::text_like... Values>
    requires(sizeof...(Values) > 0)
  record& with_meta(model_detail::owned_text name, const Values&... values) & {
    return with_meta(std::move(name), meta_values(values...));
  }
  template <model_detail::text_like... Values>
    requires(sizeof...(Values) > 0)
  record with_meta(model_detail::owned_text name, const Values&... values) && {
    return std::move(with_meta(std::move(name), meta_values(values...)));
  }

  /// **Ranges**: as for the start; not before it.
  template <class Duration>
  record& with_stop_time(std::chrono::sys_time<Duration> stop) & {
    stop_time = stop;
    return *this;
  }
  template <class Duration>
  record with_stop_time(std::chrono::sys_time<Duration> stop) && {
    return std::move(with_stop_time(stop));
  }
  /// Does not compile: the error says what to write.
  template <class Time>
    requires(!model_detail::sys_time<Time>)
  record& with_stop_time(const Time&) {
    model_detail::explain_time<Time>();
    return *this;
  }

  /// The first component of this name, or null: the server keeps several of one name, and so does this. **Lifetime**: until the next change.
  const component* find_component(model_detail::borrowed_text name) const noexcept;

  /// Every field, the runtime too; meta names in any order. Scores to the last digit, but see `difference` for records that come
  /// back from a server.
  friend bool operator==(const record&, const record&) = default;
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/record.ipp>
#endif
