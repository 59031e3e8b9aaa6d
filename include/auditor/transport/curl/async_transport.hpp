// HTTP on libcurl without blocking: the transfers of the blocking transport, moved on by sockets and timers of a loop.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
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
/// strand as long as the socket is ready for what is wanted, and never from within `want`. After the destructor of the watch no
/// call follows. A watch that also has `rest()`, as that of `io_loop`, is kept as long as its connection. `io_loop`'s executor
/// is one, and Asio's where Asio has descriptors.
template <class Executor>
concept socket_executor = async_executor<Executor> && requires(typename Executor::watch& watch, bool wanted) {
  requires std::constructible_from<typename Executor::watch, Executor&, int,
                                   void (*)(void* self, int fd, bool readable, bool writable) noexcept, void*>;
  watch.want(wanted, wanted);
};

namespace detail {

// Why an executor cannot work, of one that knows.
template <class Executor>
error problem_of([[maybe_unused]] const Executor& executor) {
  if constexpr (requires { executor.problem(); })
    return executor.problem();
  else
    return {};
}

}  // namespace detail

/// As `curl_transport`, with the same settings, security and errors, for any number of requests at once.
///
/// ```cpp
/// auto client = auditor::async_client_builder().address("localhost", 8000).build(loop.get_executor());  // owns one
/// ```
/// At most `max_connections` requests are under way; those that come later wait their turn in the order in which they came.
/// Kept connections are closed at 3 s of silence, or as soon as the server closes them.
/// **Errors**: those of `curl_transport`; never `busy`. A request that was ended while it waited for its turn is
/// `connect_failed` and names `max_connections`. **Memory**: as `curl_transport`. **Threads**: the strand of its executor; with
/// an `io_thread` it may be destroyed on any. **Lifetime**: the executor's loop outlives it; it may be moved while no stream is
/// open, and outlives its streams.
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
      if (transfer_ == nullptr || into.empty()) return got(error(errc::invalid_argument, detail::no_async_read));
      got_ = got;
      if (!shared_->session->is_ours()) return fail(error(errc::connection_lost, detail::answer_of_the_parent));
      transfer_->offer(into);  // what waits in libcurl is there at once
      look();
    }

    void cancel() noexcept {
      if (opened_.fn == nullptr && got_.fn == nullptr) return;
      const bool sent = transfer_ != nullptr && transfer_->sent();
      error e(sent ? errc::cancelled : errc::connect_failed);
      if (transfer_ == nullptr)
        e.say(detail::no_free_connection).more(detail::never_had_a_turn);
      else if (!sent)
        e.say(detail::nothing_sent_yet);
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
          return fail(error(errc::connection_lost, detail::answered_too_early));
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

    void begin(const request_view& request) {
      const auto started = shared_->session->start(request);
      if (!started) return std::exchange(opened_, {})(started.error());
      transfer_ = *started;
      transfer_->tell({&stream::has_news, this});
    }

    void close() noexcept {
      if (queued_from_ != nullptr) (transfer_ == nullptr ? shared_->waiting : shared_->with_news).remove(this);
      if (transfer_ == nullptr) return;
      if (!shared_->session->is_ours()) {
        transfer_ = nullptr;
        return;
      }
      transfer_->tell({});
      shared_->session->release(std::exchange(transfer_, nullptr));
      shared_->there_is_room();
    }

    static void has_news(void* self) noexcept {
      auto& s = *static_cast<stream*>(self);
      s.shared_->with_news.add(&s);
    }

    shared* shared_ = nullptr;
    detail::curl_transfer* transfer_ = nullptr;
    completion<response_head> opened_;
    completion<std::size_t> got_;
    request_view request_;  // while it waits for its turn
    stream* next_queued_ = nullptr;
    stream** queued_from_ = nullptr;
  };

  // For builders.
  /// Made by `async_client_builder`, or from a session of `curl_builder`.
  curl_async_transport(detail::curl_session_ptr session, Executor executor)
      : shared_(new shared(std::move(session), std::move(executor))) {}
  curl_async_transport(curl_async_transport&&) = default;
  curl_async_transport& operator=(curl_async_transport&&) = delete;
  ~curl_async_transport() {
    if (shared_ == nullptr) return;
    if constexpr (requires(Executor& e) { e.sync([] {}); }) shared_->executor.sync([this] { shared_.reset(); });
  }

  void async_open(stream& answer, const request_view& request, completion<response_head> opened) {
    answer.close();
    if (!shared_->session->is_ours())
      if (const error e = begin_anew()) return opened(e);
    answer.shared_ = shared_.get();
    answer.opened_ = opened;
    answer.got_ = {};
    if (shared_->waiting.empty() && shared_->session->has_room()) return answer.begin(request);
    answer.request_ = request;
    shared_->waiting.add(&answer);
  }

 private:
  // In a child process. A loop of one's own does not outlive a fork; of Asio's its user says notify_fork().
  error begin_anew() {
    if (const error e = detail::problem_of(shared_->executor)) return e;
    auto session = detail::curl_session::create(shared_->session->settings());
    if (!session) return session.error();
    shared_.reset(new shared(*std::move(session), shared_->executor));
    return {};
  }

  // Streams in a row. Each is in one at most: without a transfer it waits for its turn, with one it may have news.
  class stream_queue {
   public:
    void add(stream* s) noexcept {
      if (s->queued_from_ != nullptr) return;
      s->queued_from_ = last_;
      s->next_queued_ = nullptr;
      *last_ = s;
      last_ = &s->next_queued_;
    }
    void remove(stream* s) noexcept {
      if (s->queued_from_ == nullptr) return;
      *s->queued_from_ = s->next_queued_;
      if (s->next_queued_ != nullptr)
        s->next_queued_->queued_from_ = s->queued_from_;
      else
        last_ = s->queued_from_;
      s->queued_from_ = nullptr;
    }
    stream* take() noexcept {
      stream* const s = first_;
      if (s != nullptr) remove(s);
      return s;
    }

    bool empty() const noexcept { return first_ == nullptr; }

   private:
    stream* first_ = nullptr;
    stream** last_ = &first_;
  };

  struct shared {
    shared(detail::curl_session_ptr s, Executor e)
        : executor(std::move(e)),
          session(std::move(s)),
          timer(executor, &shared::timer_rang, this),
          turn(executor, &shared::turn_came, this),
          sweeper(executor, &shared::sweep, this) {
      CURLM* const multi = session->multi();
      curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &shared::on_socket);
      curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
      curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &shared::on_timer);
      curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
      sockets.tell({&shared::socket_gone, this});
    }
    ~shared() {
      if (gone != nullptr) *gone = true;
      session.reset();  // first: it still calls back
    }

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
      auto& s = *static_cast<shared*>(self);
      if (what == CURL_POLL_REMOVE) {
        s.leave(socket);
        return 0;
      }
      auto& watch = s.watches[socket];
      if (watch == nullptr)
        watch =
            std::make_unique<typename Executor::watch>(s.executor, static_cast<int>(socket), &shared::socket_ready, self);
      watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
      return 0;
    }
    // A connection that is kept keeps its watch, so that the system need not hear of each request.
    void leave(curl_socket_t socket) noexcept {
      if constexpr (requires(typename Executor::watch& watch) { watch.rest(); }) {
        const auto found = watches.find(socket);
        if (found != watches.end() && sockets.has_connected(socket)) return found->second->rest();
      }
      watches.erase(socket);
    }
    static void socket_gone(void* self, curl_socket_t socket) noexcept {
      static_cast<shared*>(self)->watches.erase(socket);
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
      auto& s = *static_cast<shared*>(self);
      if (!s.session->is_ours()) {  // in a child process whose loop watches what it inherited
        if (const auto found = s.watches.find(fd); found != s.watches.end()) found->second->want(false, false);
        return;
      }
      const int events = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
      s.advance(static_cast<curl_socket_t>(fd), events);
    }
    static void timer_rang(void* self) noexcept {
      auto& s = *static_cast<shared*>(self);
      if (s.session->is_ours()) s.advance(CURL_SOCKET_TIMEOUT, 0);
    }

    void advance(curl_socket_t socket, int events) noexcept {
      session->advance(socket, events);
      tell();
    }

    // Who has news is told when libcurl has returned, never from inside its callbacks; then it is the turn of those who wait.
    // The last completion of a client may destroy it.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"  // where `gone` is left as it is, it is gone itself
#endif
    void tell() noexcept {
      bool destroyed = false;
      gone = &destroyed;
      while (stream* const s = destroyed ? nullptr : with_news.take()) s->look();
      while (!destroyed && session->has_room()) {
        stream* const s = waiting.take();
        if (s == nullptr) break;
        s->begin(s->request_);
      }
      if (destroyed) return;
      gone = nullptr;
      sweep_later();
    }
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic pop
#endif
    static void turn_came(void* self) noexcept {
      auto& s = *static_cast<shared*>(self);
      if (s.session->is_ours()) s.tell();
    }
    void there_is_room() {
      if (gone == nullptr && !waiting.empty()) turn.post();
    }

    // Kept connections are looked at every second, as long as there are any.
    void sweep_later() {
      if constexpr (requires { sweeper.wake_untracked_at(ticks{}); })
        if (!std::exchange(sweeps, true)) sweeper.wake_untracked_at(executor.now() + ticks{1'010});
    }
    static void sweep(void* self) noexcept {
      auto& s = *static_cast<shared*>(self);
      s.sweeps = false;
      if (s.session->is_ours() && s.session->sweep()) s.sweep_later();
    }

    Executor executor;
    detail::curl_session_ptr session;
    detail::open_sockets& sockets = session->sockets();  // libcurl still closes some while the session goes
    typename Executor::wakeup timer, turn, sweeper;
    std::unordered_map<curl_socket_t, std::unique_ptr<typename Executor::watch>> watches;
    stream_queue with_news, waiting;
    bool* gone = nullptr;
    bool sweeps = false;
  };

  // What was inherited stays as it is, but for our descriptors of the parent's connections.
  struct release {
    void operator()(shared* inherited) const noexcept {
      if (inherited->session->is_ours()) {
        delete inherited;
        return;
      }
      for (const auto& [socket, watch] : inherited->watches)
        if constexpr (requires { watch->leave_to_parent(); }) watch->leave_to_parent();
      inherited->session->leave_connections();
      detail::leave_to_parent(inherited);
    }
  };
  std::unique_ptr<shared, release> shared_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
