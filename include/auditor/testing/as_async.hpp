// Makes an asynchronous transport of a blocking one that never waits - scripted, sandbox - for tests of asynchronous code.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/http/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// When the completion comes.
enum class arrival : std::uint8_t {
  in_line,  ///< before async_open or async_read returns
  later,    ///< posted to the executor
};

/// Satisfies `async_transport`. A step that the inner transport says `timed_out` of hangs until it is cancelled, as that of a
/// silent server does.
///
/// ```cpp
/// as_async wire(auditor::testing::scripted_transport{reply::ok()}, executor, auditor::testing::arrival::in_line);
/// ```
/// Try both kinds of `arrival`: a client must not care. **Errors**: those of the inner transport. **Threads**: the strand.
/// **Lifetime**: the executor outlives it.
template <transport Inner, async_executor Executor>
class as_async {
 public:
  /// Around this transport.
  as_async(Inner inner, Executor& executor, arrival when) : inner_(std::move(inner)), executor_(&executor), when_(when) {}

  class stream {
   public:
    void async_read(std::span<char> into, completion<std::size_t> got) {
      got_ = got;
      opened_ = {};
      deliver(inner_.read(into, call{}));
    }
    void cancel() noexcept {
      if (!hangs_) return;
      hangs_ = false;
      if (opened_.fn != nullptr)
        finish(result<response_head>(errc::cancelled));
      else
        finish(result<std::size_t>(errc::cancelled));
    }

   private:
    friend class as_async;

    template <class T>
    void deliver(result<T> answer) {
      if (!answer && answer.error().code == errc::timed_out) {
        hangs_ = true;
      } else if (when_ == arrival::in_line) {
        finish(std::move(answer));
      } else {
        answer_of(answer) = std::move(answer);
        wakeup_->post();
      }
    }
    std::optional<result<response_head>>& answer_of(const result<response_head>&) { return head_; }
    std::optional<result<std::size_t>>& answer_of(const result<std::size_t>&) { return bytes_; }
    void finish(result<response_head> answer) noexcept { std::exchange(opened_, {})(std::move(answer)); }
    void finish(result<std::size_t> answer) noexcept { std::exchange(got_, {})(std::move(answer)); }

    static void arrived(void* self) noexcept {
      auto& s = *static_cast<stream*>(self);
      if (s.opened_.fn != nullptr)
        s.finish(*std::exchange(s.head_, std::nullopt));
      else if (s.got_.fn != nullptr)
        s.finish(*std::exchange(s.bytes_, std::nullopt));
    }

    typename Inner::stream inner_;
    arrival when_{};
    bool hangs_ = false;
    completion<response_head> opened_;
    completion<std::size_t> got_;
    std::optional<result<response_head>> head_;
    std::optional<result<std::size_t>> bytes_;
    std::unique_ptr<typename Executor::wakeup> wakeup_;
  };

  void async_open(stream& s, const request_view& request, completion<response_head> opened) {
    if (s.wakeup_ == nullptr) s.wakeup_ = std::make_unique<typename Executor::wakeup>(*executor_, &stream::arrived, &s);
    s.when_ = when_;
    s.opened_ = opened;
    s.got_ = {};
    s.deliver(inner_.open(s.inner_, request, call{}));
  }

 private:
  Inner inner_;
  Executor* executor_;
  arrival when_;
};

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
