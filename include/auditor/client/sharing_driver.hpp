// The driver of an add that may share its requests: the same exchange, whose attempts go out alone or together with those of others.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/async_driver.hpp>
#include <auditor/client/client_state.hpp>
#include <auditor/client/parallel_driver.hpp>
#include <auditor/client/sharing_room.hpp>
#include <auditor/exchange/classify.hpp>
#include <auditor/operation/add.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <async_transport Transport, async_executor Executor>
class sharing_driver;

/// What came back to a request with several records.
struct shared_answer {
  bool has_head = false;
  response_head head{};
  error failure{};  // of the transport: before the head, or behind some of the text
  std::string text{};
  request_view request{};  // only its size counts

  judgement judged() const noexcept;
  /// It says something of all records together, and nothing of a single one: none was stored.
  bool is_of_one_of_them() const noexcept;
};

/// A request under way with the records of several adds. It judges nothing: each of its riders hears the answer as that to a request
/// of its own. **Lifetime**: it destroys itself when it is over, or when nobody is left who wants to hear.
template <async_transport Transport, async_executor Executor>
class shared_request : public riders_request {
 public:
  using rider_type = sharing_driver<Transport, Executor>;
  using state_type = client_state<Transport, Executor>;

  /// The last thing that its caller does: all of them may be over, and the client gone, when it returns.
  static void begin(state_type& of, const std::vector<rider*>& group, bool holds_up) {
    auto made = std::make_unique<shared_request>(of);
    made->holds_up = holds_up;
    made->join(group);
    if (made->riders.is_alone()) return;
    of.sharing.goes(*made, made->began_);
    made.release()->run();
  }

  explicit shared_request(state_type& of) noexcept : client_(of), began_(of.executor.now()) {}

  const request_view& view() const noexcept { return view_; }

  /// One of them is no longer interested; the caller has unlinked it.
  void left() noexcept {
    if (!riders.is_alone()) return;
    const std::unique_ptr<shared_request> gone(this);
    leave_room();
  }

 private:
  static rider_type& rider_of(ring_link& each) noexcept { return static_cast<rider_type&>(static_cast<rider&>(each)); }

  void join(const std::vector<rider*>& group) {
    std::size_t size = 2;
    for (const rider* each : group) size += each->body.size() + 2;
    body_.reserve(size);
    ids.reserve(group.size());
    for (rider* each : group) {
      if (!rider_of(*each).takes_its_turn()) continue;
      body_.append(body_.empty() ? "[" : ",\n").append(each->body);
      ids.push_back(each->hash);
      each->link_before(riders);
    }
    body_.push_back(']');
    view_ = {verb::post, "/records", json_headers, body_};
    for (ring_link* each = &riders.next(); each != &riders; each = &each->next()) rider_of(*each).rides_in(*this);
  }

  // A loop, not recursion, as that of a driver.
  void run() {
    for (is_running_ = true;;) {
      is_pending_ = true;
      if (!answer_.has_head)
        client_.transport.async_open(stream_, view(), {&shared_request::opened, this});
      else
        stream_.async_read(room_, {&shared_request::got, this});
      if (is_pending_) break;
      if (is_over_) return end();
    }
    is_running_ = false;
  }

  static void opened(void* self, result<response_head>&& answer) noexcept {
    auto& request = *static_cast<shared_request*>(self);
    request.answer_.has_head = answer.has_value();
    if (answer)
      request.answer_.head = *answer;
    else
      request.answer_.failure = answer.error();
    request.completed(!answer);
  }
  static void got(void* self, result<std::size_t>&& bytes) noexcept {
    auto& request = *static_cast<shared_request*>(self);
    if (bytes)
      request.answer_.text.append(request.room_.data(), *bytes);
    else
      request.answer_.failure = bytes.error();
    request.completed(!bytes || *bytes == 0 || request.answer_.text.size() > longest_text);
  }
  void completed(bool over) {
    is_pending_ = false;
    is_over_ = over;
    if (is_running_) return;
    if (is_over_)
      end();
    else
      run();
  }

  void leave_room() noexcept {
    unlink();
    client_.sharing.ended(*this);
  }

  void end() {
    std::unique_ptr<shared_request> gone(this);
    leave_room();
    const bool is_undecided = ids.size() > 1 && answer_.is_of_one_of_them();
    if (is_undecided) {
      observe();
      if (answer_.judged().code == errc::record_too_large) client_.sharing.too_large(body_.size());
    }
    ring_link all;
    all.take(riders);
    for (ring_link* each = &all.next(); each != &all; each = &each->next()) rider_of(*each).gets_off();
    state_type& of = client_;
    answer_.request = view_;
    const shared_answer answer = std::move(answer_);
    gone.reset();
    if (is_undecided)
      separate(of, all);
    else
      tell(all, answer);
  }

  // Of a request that none of the riders concludes.
  void observe() const {
    const attempt_observer& observer = client_.settings.observer;
    const judgement means = answer_.judged();
    if (observer)
      observer({route::post_records, 1, means.code, means.outcome, static_cast<std::uint16_t>(answer_.head.status), false,
                ticks{}, client_.executor.now() - began_, body_.size(), answer_.text.size()});
  }

  static void tell(ring_link& all, const shared_answer& answer) {
    for (bool is_first = true; !all.is_alone(); is_first = false) {
      rider_type& one = rider_of(all.next());
      one.unlink();
      one.hears(answer, is_first);
    }
  }

  // In parts, down to one, and apart from what waits.
  static void separate(state_type& of, ring_link& all) {
    std::size_t count = 0;
    for (const ring_link* each = &all.next(); each != &all; each = &each->next()) ++count;
    const std::size_t most = (count + parts - 1) / parts;
    while (!all.is_alone()) {
      std::vector<rider*> part;
      while (part.size() < most && !all.is_alone()) {
        part.push_back(&rider_of(all.next()));
        part.back()->unlink();
        part.back()->most = most;
      }
      rider_type::go(of, part, false);
    }
  }

  static constexpr std::size_t longest_text = std::size_t{64} << 10, parts = 8;

  state_type& client_;
  ticks began_;
  std::string body_;
  request_view view_;
  shared_answer answer_;
  bool is_running_ = false, is_pending_ = false, is_over_ = false;
  std::array<char, 1024> room_;
  typename Transport::stream stream_{};
};

template <async_transport Transport, async_executor Executor>
class sharing_driver : public rider, public async_driver<Transport, Executor> {
  using driver = async_driver<Transport, Executor>;
  using request_type = shared_request<Transport, Executor>;
  using state_type = client_state<Transport, Executor>;
  using typename driver::state;

 public:
  sharing_driver(state_type& of, add_operation& op, const call_options& call, listener tells)
      : driver(of, op, call, tells), client_(of), op_(op) {
    if (of.settings.share_requests) this->gate_ = &gate;
  }
  ~sharing_driver() {
    if (request_ != nullptr) leave_request();
    over();
  }

  /// One alone, or several together. The last thing that the caller does: all may be over, and the client gone, when it returns.
  static void go(state_type& of, const std::vector<rider*>& group, bool holds_up) {
    if (group.size() > 1) return request_type::begin(of, group, holds_up);
    auto& one = static_cast<sharing_driver&>(*group.front());
    if (!one.takes_its_turn()) return;
    one.goes_alone(holds_up);
    one.is_going_ = true;
    one.run();
  }

  /// Behind the queue, or behind another request. False: the call was ended meanwhile, and says so later.
  bool takes_its_turn() {
    place_ = place::nowhere;
    rides_ = false;
    this->look_at_flag();
    this->at_ = this->exchange_.reopen();
    if (this->at_ == step::open) return true;
    this->state_ = state::held;
    ring_later(*this);
    return false;
  }
  void rides_in(request_type& request) {
    request_ = &request;
    rides_ = true;
    this->state_ = state::transport;
    this->begin_step();
    this->exchange_.travels_in(request.view(), false);
    this->arm();
  }
  /// The request is no more: the answer is heard next, or another request begins.
  void gets_off() noexcept { request_ = nullptr; }
  /// The rest of the call follows.
  void hears(const shared_answer& answer, bool tells_observer) {
    auto& exchange = this->exchange_;
    if (tells_observer) exchange.travels_in(answer.request, true);
    rides_ = false;
    const auto failed = [&answer] { return answer.failure; };
    exchange.hear(this->judged(answer.has_head ? result<response_head>(answer.head) : result<response_head>(failed())));
    this->at_ = exchange.opened();
    for (std::string_view left = answer.text; this->at_ == step::read;) {
      const std::span<char> room = exchange.room();
      const std::size_t n = (std::min)(left.size(), room.size());
      std::copy_n(left.data(), n, room.data());
      left.remove_prefix(n);
      exchange.hear(this->judged(n == 0 && answer.failure ? result<std::size_t>(failed()) : result<std::size_t>(n)));
      this->at_ = exchange.got();
    }
    this->pending_ = false;
    this->run();
  }

 private:
  static constexpr ticks longest_wait{1'000};  // for a request that does not come to its end
  enum class place : std::uint8_t { nowhere, queue, apart, before_others };

  static sharing_driver& of(driver& self) noexcept { return static_cast<sharing_driver&>(self); }
  sharing_room& room() noexcept { return client_.sharing; }

  // Before each request of the call.
  bool holds() {
    if (std::exchange(is_going_, false)) return false;
    over();
    if (!op_.is_posting()) return false;
    if (rider::id.empty()) {
      rider::ring = &sharing_driver::ring_later;
      rider::id = op_.id();
      rider::body = op_.body();
      rider::hash = hash_of(rider::id);
    }
    const bool is_apart = rider::most == 1;
    if (is_apart || room().is_free_for(*this)) {
      goes_alone(!is_apart);
      return false;
    }
    this->state_ = state::held;
    place_ = place::queue;
    room().waits(*this);
    wait();
    room().ring();  // behind it: what a timer was asked for last counts
    return true;
  }

  void goes_alone(bool holds_up) noexcept {
    place_ = holds_up ? place::before_others : place::apart;
    room().goes_alone(*this, holds_up, this->executor_.now());
  }

  // Until its turn; the first one watches whether there is one.
  void wait() {
    this->due_ = this->exchange_.ends_at();
    if (room().is_first(*this)) {
      const ticks now = this->executor_.now(), look = room().went_at() + longest_wait;
      this->due_ = (std::min)(this->due_, look > now ? look : now + longest_wait);
    }
    this->arm();
  }

  static void ring_later(rider& self) { static_cast<sharing_driver&>(self).timer_.post(); }

  void rang() {
    if (place_ != place::queue) return this->run();  // ended when its turn came
    const ticks now = this->executor_.now();
    if (this->cancelled_ || now >= this->exchange_.ends_at()) return leave_queue();
    if (room().is_first(*this)) {
      if (room().lets_others_come()) return ring_later(*this);
      const options& settings = client_.settings;
      const std::size_t most_bytes = (std::min)(settings.max_body, largest_body);
      const bool anyway = now >= room().went_at() + longest_wait;
      if (const auto group = room().gather(settings.max_batch, most_bytes, anyway); !group.empty())
        return go(client_, group, true);
    }
    wait();
  }

  void leave_queue() {
    over();
    this->at_ = this->exchange_.reopen();
    this->run();
  }

  void leave_request() noexcept {
    rider::unlink();
    std::exchange(request_, nullptr)->left();
  }

  // The call is ended, by its caller or its limits. The others of the request go on.
  bool interrupted() {
    if (this->state_ == state::held) {
      if (place_ == place::queue)
        leave_queue();
      else
        this->run();
      return true;
    }
    if (this->state_ != state::transport || !rides_) return false;
    this->overdue_ = true;
    const bool is_last = request_ != nullptr && request_->riders.next().is_last_of(request_->riders);
    shared_answer none{.failure = error(errc::cancelled)};
    if (is_last) none.request = request_->view();
    if (request_ != nullptr) leave_request();
    hears(none, is_last);
    return true;
  }

  // It has no request under way, and waits for none.
  void over() noexcept {
    const place before = std::exchange(place_, place::nowhere);
    if (before == place::nowhere) return;
    if (before == place::queue) return room().leaves(*this);
    rider::unlink();
    room().ended_alone(before == place::before_others);
  }

  static constexpr driver_gate<driver> gate = {
      [](driver& self) { return of(self).holds(); },
      [](driver& self) noexcept { of(self).over(); },
      [](driver& self) { of(self).rang(); },
      [](driver& self) noexcept { return of(self).interrupted(); },
  };

  state_type& client_;
  add_operation& op_;
  request_type* request_ = nullptr;
  place place_ = place::nowhere;
  bool is_going_ = false;  // its turn has come
  bool rides_ = false;     // in the request, or has just got off
};

template <async_transport Transport, async_executor Executor>
struct driver_type_of<add_operation, Transport, Executor> {
  using type = sharing_driver<Transport, Executor>;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/client/sharing_driver.ipp>
#endif
