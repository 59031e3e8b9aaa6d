// HTTP on libcurl without blocking: the transfers of the blocking transport, moved on by sockets and timers of a loop.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/transport/curl/session.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// An executor that also watches sockets: `watch(executor, fd, fn, self)`, then `want(read, write)`; `fn` is called on the
/// strand as long as the socket is ready for what is wanted. io_loop is one.
template <class Executor>
concept socket_executor = async_executor<Executor> && requires(typename Executor::watch& watch, bool wanted) {
  requires std::constructible_from<typename Executor::watch, Executor&, int,
                                   void (*)(void* self, int fd, bool readable, bool writable) noexcept, void*>;
  watch.want(wanted, wanted);
};

/// As `curl_transport`, with the same settings, security and errors, for any number of requests at once.
///
/// **Threads**: the strand of its executor; with an `io_thread` it may be destroyed on any. **Lifetime**: the executor's
/// loop outlives it; it may be moved while no stream is open.
template <socket_executor Executor>
class AUDITOR_EXPORT curl_async_transport {
  struct shared;

 public:
  class AUDITOR_EXPORT stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { close(); }

    void async_read(std::span<char> into, completion<std::size_t> got) {
      if (transfer_ == nullptr || into.empty())
        return got(error(errc::invalid_argument, "async_read needs an open stream and room for at least one byte"));
      got_ = got;
      transfer_->offer(into);  // what waits in libcurl is there at once
      look();
    }

    void cancel() noexcept {
      if (opened_.fn == nullptr && got_.fn == nullptr) return;
      const bool sent = transfer_->sent();
      error e(sent ? errc::cancelled : errc::connect_failed, sent ? "" : "no connection yet, nothing was sent");
      e.native = static_cast<std::int32_t>(CURLE_OPERATION_TIMEDOUT);
      fail(e);
    }

   private:
    friend class curl_async_transport;

    // Completes what the transfer has an answer for.
    void look() {
      if (opened_.fn != nullptr && (transfer_->head_ready() || transfer_->finished())) {
        if (!transfer_->head_ready()) return fail(transfer_->failure());
        const response_head head = transfer_->head();
        if (head.status < 300 && !transfer_->sent_completely())
          return fail(error(errc::connection_lost, "the server answered before it had the whole request"));
        return std::exchange(opened_, {})(head);
      }
      if (got_.fn == nullptr || (transfer_->filled() == 0 && !transfer_->finished())) return;
      if (const std::size_t bytes = transfer_->take_back(); bytes != 0) return std::exchange(got_, {})(bytes);
      if (transfer_->failure()) return fail(transfer_->failure());
      close();
      std::exchange(got_, {})(std::size_t{0});
    }

    void fail(const error& e) noexcept {
      const error copy = e;
      close();
      if (opened_.fn != nullptr)
        std::exchange(opened_, {})(copy);
      else if (got_.fn != nullptr)
        std::exchange(got_, {})(copy);
    }

    void close() noexcept {
      if (transfer_ == nullptr) return;
      transfer_->tell({});
      shared_->touched_.remove(this);
      shared_->session->release(std::exchange(transfer_, nullptr));
    }

    static void touched(void* self) noexcept {
      auto& s = *static_cast<stream*>(self);
      s.shared_->touched_.add(&s);
    }

    shared* shared_ = nullptr;
    detail::curl_transfer* transfer_ = nullptr;
    completion<response_head> opened_;
    completion<std::size_t> got_;
    stream* next_touched_ = nullptr;
    stream** touched_from_ = nullptr;
  };

  // For builders.
  curl_async_transport(std::unique_ptr<detail::curl_session> session, Executor executor)
      : shared_(std::make_unique<shared>(std::move(session), std::move(executor))) {}
  curl_async_transport(curl_async_transport&&) = default;
  curl_async_transport& operator=(curl_async_transport&&) = delete;
  ~curl_async_transport() {
    if (shared_ == nullptr) return;
    if constexpr (requires(Executor& e) { e.sync([] {}); }) shared_->executor.sync([this] { shared_.reset(); });
  }

  void async_open(stream& answer, const request_view& request, completion<response_head> opened) {
    answer.close();
    const auto started = shared_->session->start(request);
    if (!started) return opened(started.error());
    answer.shared_ = shared_.get();
    answer.transfer_ = *started;
    answer.opened_ = opened;
    answer.got_ = {};
    answer.transfer_->tell({&stream::touched, &answer});
  }

 private:
  // Streams whose transfer has news. They are told when libcurl has returned, never from inside its callbacks.
  class touched_list {
   public:
    void add(stream* s) noexcept {
      if (s->touched_from_ != nullptr) return;
      s->touched_from_ = last_;
      s->next_touched_ = nullptr;
      *last_ = s;
      last_ = &s->next_touched_;
    }
    void remove(stream* s) noexcept {
      if (s->touched_from_ == nullptr) return;
      *s->touched_from_ = s->next_touched_;
      if (s->next_touched_ != nullptr)
        s->next_touched_->touched_from_ = s->touched_from_;
      else
        last_ = s->touched_from_;
      s->touched_from_ = nullptr;
    }
    stream* take() noexcept {
      stream* const s = first_;
      if (s != nullptr) remove(s);
      return s;
    }

   private:
    stream* first_ = nullptr;
    stream** last_ = &first_;
  };

  struct shared {
    shared(std::unique_ptr<detail::curl_session> s, Executor e)
        : executor(std::move(e)), session(std::move(s)), timer(executor, &shared::timer_rang, this) {
      CURLM* const multi = session->multi();
      curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &shared::on_socket);
      curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
      curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &shared::on_timer);
      curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
      curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most_kept);
    }
    ~shared() {
      if (gone != nullptr) *gone = true;
      session.reset();  // first: it still calls back
    }

    static constexpr long most_kept = 256;  // connections kept for the next request

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
      auto& s = *static_cast<shared*>(self);
      if (what == CURL_POLL_REMOVE) {
        s.watches.erase(socket);
        return 0;
      }
      auto& watch = s.watches[socket];
      if (watch == nullptr)
        watch =
            std::make_unique<typename Executor::watch>(s.executor, static_cast<int>(socket), &shared::socket_ready, self);
      watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
      return 0;
    }
    static int on_timer(CURLM*, long milliseconds, void* self) noexcept {
      auto& s = *static_cast<shared*>(self);
      if (milliseconds < 0)
        s.timer.cancel();
      else
        s.timer.wake_at(s.executor.now() + ticks{milliseconds});
      return 0;
    }
    static void socket_ready(void* self, int fd, bool readable, bool writable) noexcept {
      const int events = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
      static_cast<shared*>(self)->advance(static_cast<curl_socket_t>(fd), events);
    }
    static void timer_rang(void* self) noexcept { static_cast<shared*>(self)->advance(CURL_SOCKET_TIMEOUT, 0); }

    // The last completion of a client may destroy it.
    void advance(curl_socket_t socket, int events) noexcept {
      bool destroyed = false;
      gone = &destroyed;
      session->advance(socket, events);
      while (stream* const s = destroyed ? nullptr : touched_.take()) s->look();
      if (!destroyed) gone = nullptr;
    }

    Executor executor;
    std::unique_ptr<detail::curl_session> session;
    typename Executor::wakeup timer;
    std::unordered_map<curl_socket_t, std::unique_ptr<typename Executor::watch>> watches;
    touched_list touched_;
    bool* gone = nullptr;
  };

  std::unique_ptr<shared> shared_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
