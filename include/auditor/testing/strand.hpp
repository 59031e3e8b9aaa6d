// Lets a test that may wait drive an asynchronous transport: work goes to the strand, completions are counted one by one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// Says that the executor's loop is run by a thread of its own.
struct AUDITOR_EXPORT on_its_own_thread {};

namespace detail {

template <async_executor Executor, class Turn>
class strand {
 public:
  static constexpr bool own_thread = std::same_as<Turn, on_its_own_thread>;

  strand(Executor& executor, Turn& turn) : executor_(executor), turn_(turn) {}

  /// Does `work()` on the strand and waits for its end.
  template <class Work>
  void run(Work work) {
    struct job {
      strand& on;
      Work& work;
      std::optional<typename Executor::wakeup> wakeup{};
      std::atomic<bool> done{false};
    } one{*this, work};
    one.wakeup.emplace(
        executor_,
        [](void* self) noexcept {
          auto& posted = *static_cast<job*>(self);
          strand& on = posted.on;
          posted.work();
          posted.wakeup.reset();
          const std::lock_guard lock(on.mutex_);
          posted.done = true;
          on.news_.notify_all();
        },
        &one);
    one.wakeup->post();
    while (!one.done) turn(ticks{10}, [&one] { return one.done.load(); });
  }

  /// Waits until `done()`, which looks at atomics. False: not within this time.
  template <class Done>
  bool wait(Done done, ticks longest) {
    const auto end = std::chrono::steady_clock::now() + longest;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      turn(ticks{10}, done);
    }
    return true;
  }
  void rest(ticks time) {
    static_cast<void>(wait([] { return false; }, time));
  }
  void news() {
    const std::lock_guard lock(mutex_);
    news_.notify_all();
  }
  Executor& executor() noexcept { return executor_; }

 private:
  template <class Done>
  void turn(ticks longest, Done done) {
    if constexpr (own_thread) {
      std::unique_lock lock(mutex_);
      if (!done()) news_.wait_for(lock, longest);
    } else {
      turn_();
    }
  }

  Executor& executor_;
  Turn& turn_;
  std::mutex mutex_;
  std::condition_variable news_;
};

/// Where the completion of one step goes. It stays until the end of the suite, so that one too many finds it.
template <class T>
struct step_record {
  std::atomic<int> completions{0};
  std::atomic<bool> stream_gone{false};
  std::atomic<int> late{0};
  std::optional<result<T>> answer;  // of the first completion
  void (*tell)(void*) noexcept = nullptr;
  void* whom = nullptr;

  completion<T> target() { return {&step_record::completed, this}; }
  static void completed(void* self, result<T>&& answer) noexcept {
    auto& step = *static_cast<step_record*>(self);
    if (step.stream_gone) ++step.late;
    if (step.completions == 0) step.answer.emplace(std::move(answer));
    ++step.completions;
    if (step.tell != nullptr) step.tell(step.whom);
  }
};

/// A blocking transport made of an asynchronous one, as the client's driver would use it: time-outs and flags end a step
/// by `cancel`, and what came of that is named as the driver names it.
template <class Transport, class Executor, class Turn>
class waiting {
 public:
  using strand_type = strand<Executor, Turn>;

  template <class Make>
  waiting(Make& make, const std::string& host, std::uint16_t port, strand_type& on, ticks longest_wait,
          std::string& complaints)
      : shared_(std::make_unique<shared>(on, longest_wait, complaints)), inner_(make(host, port)) {}
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() {
    shared_->on.rest(ticks{5});  // for completions that nobody asked for
    shared_->judge(shared_->heads);
    shared_->judge(shared_->reads);
  }

  class stream;

  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    s.shared_ = shared_.get();
    step_record<response_head>& step = shared_->next(shared_->heads);
    s.head_ = &step;
    return s.finish(step, limits, [&] {
      if (s.inner_ == nullptr) s.inner_ = std::make_unique<typename Transport::stream>();
      inner_.async_open(*s.inner_, request, step.target());
    });
  }
  void rest(ticks time) { shared_->on.rest(time); }

 private:
  struct shared {
    shared(strand_type& s, ticks p, std::string& c) : on(s), longest_wait(p), complaints(c) {}
    strand_type& on;
    ticks longest_wait;
    std::string& complaints;
    std::deque<step_record<response_head>> heads;
    std::deque<step_record<std::size_t>> reads;

    template <class T>
    step_record<T>& next(std::deque<step_record<T>>& steps) {
      step_record<T>& step = steps.emplace_back();
      step.whom = &on;
      step.tell = [](void* self) noexcept { static_cast<strand_type*>(self)->news(); };
      return step;
    }
    template <class T>
    void judge(std::deque<step_record<T>>& steps) {
      on.run([&] {
        for (const step_record<T>& step : steps) {
          if (step.completions > 1) complain(std::to_string(step.completions) + " completions of one step");
          if (step.late > 0) complain("a completion after the stream was destroyed");
        }
      });
    }
    void complain(const std::string& words) {
      if (complaints.find(words) == std::string::npos) complaints.append(" - ").append(words);
    }
  };

 public:
  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() {
      if (inner_ == nullptr) return;
      shared_->on.run([this] {
        inner_.reset();
        if (head_ != nullptr) head_->stream_gone = true;
        if (read_ != nullptr) read_->stream_gone = true;
      });
    }

    result<std::size_t> read(std::span<char> into, const call& limits) {
      step_record<std::size_t>& step = shared_->next(shared_->reads);
      read_ = &step;
      return finish(step, limits, [&] { inner_->async_read(into, step.target()); });
    }

   private:
    friend class waiting;

    template <class T, class Start>
    result<T> finish(step_record<T>& step, const call& limits, Start start) {
      const auto done = [&step] { return step.completions != 0; };
      const auto begun = std::chrono::steady_clock::now();
      bool cancelled = false, overdue = false;
      shared_->on.run(start);
      while (!done() && !cancelled && !overdue) {
        cancelled = limits.is_cancelled();
        overdue = std::chrono::steady_clock::now() - begun > (std::min)(limits.timeout, ticks{3'600'000});
        if (cancelled || overdue)
          shared_->on.run([this] { inner_->cancel(); });
        else
          shared_->on.wait(done, (std::min)(limits.timeout, ticks{50}));
      }
      const bool soon = shared_->on.wait(done, shared_->longest_wait / 2);
      if (!soon) shared_->complain("no completion soon after cancel");
      if (!soon && !shared_->on.wait(done, shared_->longest_wait * 2)) {
        shared_->on.run([this] { inner_.reset(); });
        return error(errc::invalid_argument, "no completion at all");
      }
      if (*step.answer || (!cancelled && !overdue)) return *step.answer;
      error e = step.answer->error();
      if (e.code == errc::connect_failed || e.code == errc::tls_failed || e.code == errc::busy) return e;
      e.code = cancelled ? errc::cancelled : errc::timed_out;
      return e;
    }

    shared* shared_ = nullptr;
    std::unique_ptr<typename Transport::stream> inner_;
    step_record<response_head>* head_ = nullptr;
    step_record<std::size_t>* read_ = nullptr;
  };

 private:
  std::unique_ptr<shared> shared_;
  Transport inner_;
};

template <class Make, class Executor, class Turn>
class make_waiting {
 public:
  using inner = std::invoke_result_t<Make&, const std::string&, std::uint16_t>;

  make_waiting(Make& make, strand<Executor, Turn>& on, ticks longest_wait)
      : make_(make), on_(on), longest_wait_(longest_wait) {}
  waiting<inner, Executor, Turn> operator()(const std::string& host, std::uint16_t port) {
    return {make_, host, port, on_, longest_wait_, complaints_};
  }
  /// What the completions did wrong since this was last asked.
  std::string complaints() { return std::exchange(complaints_, {}); }

 private:
  Make& make_;
  strand<Executor, Turn>& on_;
  ticks longest_wait_;
  std::string complaints_;
};

}  // namespace detail
}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
