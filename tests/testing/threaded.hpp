// An asynchronous transport made of a blocking one and a thread a step, which keeps to the rules or breaks one of them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>

#include "plain_transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>

namespace plain {

using auditor::completion;

enum class async_flaw : std::uint8_t {
  none,
  completes_open_twice,
  completes_read_twice,
  ignores_cancel,
  forgets_the_cancelled,
  completes_cancel_twice,
  cancel_without_a_step_completes,
  cancelled_read_is_the_end,
  completes_after_destruction,
  completes_as_it_is_destroyed,
  cancel_outlives_its_step,
};

template <auditor::async_executor Executor>
class threaded {
 public:
  threaded(std::uint16_t port, Executor on, async_flaw broken = async_flaw::none, flaw inner = flaw::none)
      : port_(port), on_(std::move(on)), broken_(broken), inner_(inner) {}

  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() {
      if (owner_ == nullptr) return;
      const completion<response_head> opened = opened_;
      const completion<std::size_t> got = got_;
      stop();
      if (owner_->broken_ == async_flaw::completes_as_it_is_destroyed) {
        if (opened.fn != nullptr) opened(errc::cancelled);
        if (got.fn != nullptr) got(errc::cancelled);
      }
      if (owner_->broken_ == async_flaw::completes_after_destruction && (opened.fn != nullptr || got.fn != nullptr))
        later(opened, got);
    }

    void async_read(std::span<char> into, completion<std::size_t> got) {
      got_ = got;
      start([this, into] { bytes_.emplace(inner_.read(into, limits())); });
    }
    void cancel() noexcept {
      if (owner_ == nullptr) return;
      const bool pending = opened_.fn != nullptr || got_.fn != nullptr;
      switch (owner_->broken_) {
        case async_flaw::ignores_cancel: return;
        case async_flaw::cancel_without_a_step_completes:
          if (!pending && last_.fn != nullptr) last_(errc::cancelled);
          break;
        case async_flaw::cancelled_read_is_the_end:
          if (got_.fn == nullptr) break;
          stop();
          return std::exchange(got_, {})(std::size_t{0});
        case async_flaw::forgets_the_cancelled:
          if (pending) stop();
          opened_ = {};
          got_ = {};
          return;
        case async_flaw::completes_cancel_twice:
          if (opened_.fn != nullptr) opened_(errc::cancelled);
          break;
        default: break;
      }
      if (pending || owner_->broken_ == async_flaw::cancel_outlives_its_step) flag_->request();
    }

   private:
    friend class threaded;

    auditor::call limits() const { return {.timeout = auditor::ticks::max(), .cancelled = flag_.get()}; }

    template <class Work>
    void start(Work work) {
      if (thread_.joinable()) thread_.join();
      if (owner_->broken_ != async_flaw::cancel_outlives_its_step) flag_->reset();
      if (wakeup_ == nullptr) wakeup_ = std::make_unique<typename Executor::wakeup>(owner_->on_, &stream::arrived, this);
      thread_ = std::thread([this, work] {
        work();
        wakeup_->post();
      });
    }
    void stop() {
      flag_->request();
      if (thread_.joinable()) thread_.join();
      if (wakeup_ != nullptr) wakeup_->cancel();
    }

    static void arrived(void* self) noexcept {
      auto& s = *static_cast<stream*>(self);
      if (s.opened_.fn != nullptr) {
        const bool twice = s.owner_->broken_ == async_flaw::completes_open_twice;
        const result<response_head> answer = *std::exchange(s.head_, std::nullopt);
        const auto opened = std::exchange(s.opened_, {});
        opened(answer);
        if (twice) opened(answer);
      } else if (s.got_.fn != nullptr) {
        const bool twice = s.owner_->broken_ == async_flaw::completes_read_twice;
        const result<std::size_t> bytes = *std::exchange(s.bytes_, std::nullopt);
        const auto got = s.last_ = std::exchange(s.got_, {});
        got(bytes);
        if (twice) got(bytes);
      }
    }

    // One call that comes when the stream is gone; it leaks its few bytes.
    void later(completion<response_head> opened, completion<std::size_t> got) {
      struct ghost {
        std::unique_ptr<typename Executor::wakeup> wakeup;
        completion<response_head> opened;
        completion<std::size_t> got;
      };
      auto* const one = new ghost{nullptr, opened, got};
      one->wakeup = std::make_unique<typename Executor::wakeup>(
          owner_->on_,
          [](void* self) noexcept {
            const std::unique_ptr<ghost> gone(static_cast<ghost*>(self));
            if (gone->opened.fn != nullptr) gone->opened(errc::cancelled);
            if (gone->got.fn != nullptr) gone->got(errc::cancelled);
          },
          one);
      one->wakeup->post();
    }

    threaded* owner_ = nullptr;
    std::unique_ptr<transport> through_;  // its own: none of them may be used by two threads
    transport::stream inner_;
    std::unique_ptr<auditor::cancel_flag> flag_ = std::make_unique<auditor::cancel_flag>();
    completion<response_head> opened_;
    completion<std::size_t> got_, last_;
    std::optional<result<response_head>> head_;
    std::optional<result<std::size_t>> bytes_;
    std::unique_ptr<typename Executor::wakeup> wakeup_;
    std::thread thread_;
  };

  void async_open(stream& s, const request_view& request, completion<response_head> opened) {
    if (s.owner_ != nullptr) s.stop();
    s.owner_ = this;
    if (s.through_ == nullptr) s.through_ = std::make_unique<transport>(port_, inner_);
    s.opened_ = opened;
    s.got_ = {};
    s.start([&s, request] { s.head_.emplace(s.through_->open(s.inner_, request, s.limits())); });
  }

 private:
  std::uint16_t port_;
  Executor on_;
  async_flaw broken_;
  flaw inner_;
};

}  // namespace plain
