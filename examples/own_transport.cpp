// A transport of one's own: here over a modem with a vendor's C interface, played by the sandbox.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <auditor/auditor.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/sandbox/sandbox.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

namespace {

// What the vendor gives: dial, one request, then its answer piece by piece. Negative numbers are failures.
class modem {
 public:
  bool dial() const { return true; }
  int request(std::string_view method, std::string_view target, std::string_view body, long long /*timeout_ms*/) {
    auto answer = auditor_.handle(method, target, "application/json", body);
    answer_ = answer.body.text();
    at_ = 0;
    return answer.status;
  }
  int receive(char* into, std::size_t size, long long /*timeout_ms*/) {
    const std::size_t n = (std::min)(size, answer_.size() - at_);
    std::memcpy(into, answer_.data() + at_, n);
    at_ += n;
    return static_cast<int>(n);
  }

 private:
  auditor::sandbox auditor_;
  std::string answer_;
  std::size_t at_ = 0;
};

class modem_transport {
 public:
  explicit modem_transport(modem& device) : modem_(device) {}

  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
      const int n = modem_->receive(into.data(), into.size(), limits.timeout.count());
      if (n < 0) return auditor::errc::connection_lost;
      return static_cast<std::size_t>(n);  // 0: the body is complete, and only then
    }
    modem* modem_ = nullptr;
  };

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& r, const auditor::call& limits) {
    if (!modem_.dial()) return auditor::errc::connect_failed;  // certainly nothing was sent
    const int status = modem_.request(to_string(r.method), r.target, r.body, limits.timeout.count());
    if (status < 0) return auditor::errc::connection_lost;  // something may have been sent
    s.modem_ = &modem_;
    return auditor::response_head{status};
  }

 private:
  modem& modem_;
};

}  // namespace

int main() {
  modem device;
  auditor::client client{modem_transport{device}};
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  std::cout << to_string(client.add(auditor::record{"record-1", start}).value().how) << '\n';
  std::cout << client.get().value().size() << " record\n";
}
