// Reads the records of a request as the server does: same rules, same words for what it refuses. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/json_reader.hpp>
#include <auditor/sandbox/numbers.hpp>
#include <auditor/sandbox/times.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

struct sent_score {
  std::string name;
  double value = 0;
};

struct sent_component {
  std::string name;
  std::int64_t amount = 0;
  std::vector<sent_score> scores;
};

using sent_meta = std::map<std::string, std::vector<std::string>, std::less<>>;

struct sent_record {
  std::string record_id;
  std::optional<sent_meta> meta;
  std::vector<sent_component> components;
  std::optional<moment> start_time;  ///< always there in an add
  std::optional<moment> stop_time;   ///< always there in an update
};

/// What the server says of a name that it does not take; nothing for one that it takes.
std::optional<std::string> refuse_name(const std::string& name);

/// Reads one body; the reading functions throw a `complaint`.
class body_reader {
 public:
  explicit body_reader(std::string_view body) noexcept : json_(body) {}

  sent_record read_add();
  sent_record read_update();
  std::vector<sent_record> read_adds();

 private:
  template <class T>
  T whole(T (body_reader::*read)());

  static constexpr std::array<std::string_view, 5> record_fields{"record_id", "meta", "components", "start_time",
                                                                 "stop_time"};
  static constexpr std::array<std::string_view, 3> component_fields{"name", "amount", "scores"};
  static constexpr std::array<std::string_view, 2> score_fields{"name", "value"};

  sent_record read_added() { return read_record("struct RecordAdd", 0b10010); }
  sent_record read_updated() { return read_record("struct RecordUpdate", 0b01010); }
  std::vector<sent_record> read_batch();
  sent_record read_record(std::string_view type, unsigned optional_fields);
  sent_component read_component();
  sent_score read_score();
  sent_meta read_meta();
  std::string read_name();
  std::int64_t read_amount();
  double read_value();
  moment read_time();

  template <class T>
  std::vector<T> read_list(T (body_reader::*read)());

  template <std::size_t Size, class Read>
  void read_struct(std::string_view type, const std::array<std::string_view, Size>& fields, unsigned optional_fields,
                   const Read& read);

  json_reader json_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/request_body.ipp>
#endif
