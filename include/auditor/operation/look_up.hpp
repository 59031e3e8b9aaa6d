// A look at what is stored, there once a call needs one: only the policies that look name what it is made of.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/operation/stored_record.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The functions of a `stored_record`: what has a pointer to them brings along the decoder, the comparison and the words for it,
/// most of a small program.
struct look_up_functions {
  const operation_table* of_add;
  const reading_functions* reading;
  stored_record* (*make)(memory& in, std::size_t max_record, unsigned& contradictions);
  void (*destroy)(stored_record* last, memory& in) noexcept;
  bool (*look_for_body)(stored_record*& of, memory& in, std::size_t max_record, unsigned& contradictions,
                        std::string_view body, error& known);
  bool (*look_for)(stored_record&, const record_view& ours);
  request_view (*begin)(stored_record&);
  std::span<char> (*prepare)(stored_record&);
  commit_result (*commit)(stored_record&, std::size_t n);
  stored_record::next (*judge)(stored_record&, const judged_answer& looked, duplicate_rule rule, bool own,
                               bool said_to_exist);
  void (*explain)(const stored_record&, error& known, stored_record::next says);
  record_comparison (*compare)(const record_view& ours, const record_view& other);
};

// Null: there is no room for it.
inline stored_record* made_in(memory& in, std::size_t max_record, unsigned& contradictions) {
  char* const room = in.take(sizeof(stored_record));
  return room != nullptr ? new (room) stored_record(in, max_record, contradictions) : nullptr;
}

inline constexpr look_up_functions looks_up = {
    &adds_with_look,
    &reads_records,
    &made_in,
    [](stored_record* last, memory& in) noexcept {
      last->~stored_record();
      in.give_back(reinterpret_cast<char*>(last), sizeof(stored_record));
    },
    [](stored_record*& of, memory& in, std::size_t max_record, unsigned& contradictions, std::string_view body,
       error& known) {
      if (of == nullptr) of = made_in(in, max_record, contradictions);
      if (of != nullptr && of->look_for(body)) return true;
      known.more("; not compared: ").more(of != nullptr ? of->why().text : no_room_for_look);
      return false;
    },
    [](stored_record& of, const record_view& ours) { return of.look_for(ours); },
    [](stored_record& of) { return of.begin(); },
    [](stored_record& of) { return of.prepare(); },
    [](stored_record& of, std::size_t n) { return of.commit(n); },
    [](stored_record& of, const judged_answer& looked, duplicate_rule rule, bool own, bool said_to_exist) {
      return of.judge(looked, rule, own, said_to_exist);
    },
    [](const stored_record& of, error& known, stored_record::next says) { of.explain(known, says); },
    &compare_records,
};

/// The member of a call. **Memory**: none before `make`.
class look_up {
 public:
  /// Null: this call does not look.
  look_up(const look_up_functions* functions, memory& in) noexcept : functions_(functions), memory_(in) {}
  look_up(const look_up&) = delete;
  look_up& operator=(const look_up&) = delete;
  ~look_up();

  explicit operator bool() const noexcept { return functions_ != nullptr; }
  const operation_table* of_add() const noexcept { return functions_ != nullptr ? functions_->of_add : nullptr; }
  const reading_functions* reading() const noexcept { return functions_ != nullptr ? functions_->reading : nullptr; }
  /// To be called before each `look_for`; false: the workspace has no room for one.
  bool make(std::size_t max_record);
  bool is_there() const noexcept { return stored_ != nullptr; }
  /// As before `make`; of the record that was looked for last, all is remembered that the next look has to know.
  void release() noexcept;

  /// Of a record that is known to exist, and only there as a body. False: `known` says why there is no look.
  bool look_for_body(std::size_t max_record, std::string_view body, error& known) {
    return functions_->look_for_body(stored_, memory_, max_record, contradictions_, body, known);
  }
  /// **Lifetime**: the id's, until the next one. False: the workspace has no room for it.
  bool look_for(const record_view& ours);
  request_view begin() { return functions_->begin(*stored_); }
  std::span<char> prepare() { return functions_->prepare(*stored_); }
  commit_result commit(std::size_t n) { return functions_->commit(*stored_, n); }
  stored_record::next judge(const judged_answer& looked, duplicate_rule rule, bool own, bool said_to_exist = true) {
    return functions_->judge(*stored_, looked, rule, own, said_to_exist);
  }
  void explain(error& known, stored_record::next says) const { functions_->explain(*stored_, known, says); }
  const error& why() const noexcept { return stored_->why(); }
  bool is_foreign() const noexcept { return stored_->is_foreign(); }

 private:
  const look_up_functions* functions_;
  memory& memory_;
  stored_record* stored_ = nullptr;
  std::string_view id_;          // of `look_for`
  unsigned contradictions_ = 0;  // about this id
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/look_up.ipp>
#endif
