// An asynchronous transport of one's own: two functions that start something, and a completion when it is over.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Here the network is a queue that the program empties by hand, as a device's driver would from an interrupt; the answers
// are the sandbox's. No thread, no socket, no waiting.

#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/testing/manual_loop.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <utility>

namespace {

// The device: it takes a request now, and calls back when the answer is there.
class radio {
 public:
  void request(const void* owner, std::string method, std::string target, std::string body,
               std::function<void(int status, std::string text)> answered) {
    air_.push_back({owner, [this, method, target, body, answered] {
                      auto answer = auditor_.handle(method, target, "application/json", body);
                      answered(answer.status, answer.body.text());
                    }});
  }
  void forget(const void* owner) {
    std::erase_if(air_, [owner](const auto& each) { return each.first == owner; });
  }
  bool interrupt() {
    if (air_.empty()) return false;
    const auto next = std::move(air_.front());
    air_.pop_front();
    next.second();
    return true;
  }

 private:
  auditor::sandbox auditor_;
  std::deque<std::pair<const void*, std::function<void()>>> air_;
};

class radio_transport {
 public:
  explicit radio_transport(radio& device) : radio_(&device) {}

  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { drop(); }  // what is pending ends without a word

    void async_read(std::span<char> into, auditor::completion<std::size_t> got) {
      const std::size_t n = (std::min)(into.size(), body_.size() - at_);
      std::copy_n(body_.begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
      at_ += n;
      got(n);  // may come at once; 0: the body is complete, and only then
    }
    void cancel() noexcept {
      if (opened_.fn == nullptr) return;
      drop();
      std::exchange(opened_, {})(auditor::errc::cancelled);
    }

   private:
    friend class radio_transport;
    void drop() noexcept {
      if (radio_ != nullptr) radio_->forget(this);
    }
    radio* radio_ = nullptr;
    auditor::completion<auditor::response_head> opened_;
    std::string body_;
    std::size_t at_ = 0;
  };

  void async_open(stream& s, const auditor::request_view& r, auditor::completion<auditor::response_head> opened) {
    s.drop();
    s.radio_ = radio_;
    s.opened_ = opened;
    radio_->request(&s, std::string(to_string(r.method)), std::string(r.target), std::string(r.body),
                    [&s](int status, std::string text) {
                      s.body_ = std::move(text);
                      s.at_ = 0;
                      std::exchange(s.opened_, {})(auditor::response_head{status});  // the last: `s` may be gone now
                    });
  }

 private:
  radio* radio_;
};

}  // namespace

int main() {
  radio device;
  auditor::testing::manual_loop loop;
  auditor::client client{radio_transport{device}, auditor::testing::manual_async_executor{loop}, auditor::options{}};

  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  for (const char* id : {"record-1", "record-2", "record-3"})
    client.add(auditor::record{id, start}, {}, [id](auditor::result<auditor::receipt> added) {
      std::cout << id << ": " << (added ? std::string(to_string(added->how)) : message(added.error())) << '\n';
    });
  std::cout << "three calls under way\n";
  do loop.run_due();
  while (device.interrupt());

  client.get({}, [](auditor::result<auditor::record_list> all) { std::cout << all.value().size() << " records\n"; });
  do loop.run_due();
  while (device.interrupt());
}
