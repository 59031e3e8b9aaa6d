// A transport that holds another one and adds a header to each request: a token for the proxy in front of Auditor.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <auditor/auditor.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/transport/function.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

template <auditor::transport Inner>
class with_token {
 public:
  with_token(Inner inner, std::string token) : inner_(std::move(inner)), value_("Bearer " + std::move(token)) {}

  using stream = typename Inner::stream;  // answers are none of our business

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    std::vector<auditor::header> headers(request.headers.begin(), request.headers.end());
    headers.push_back({"Authorization", value_});
    auditor::request_view longer = request;
    longer.headers = headers;  // lives until open() returns: no one needs it longer
    return inner_.open(s, longer, limits);
  }

 private:
  Inner inner_;
  std::string value_;
};

}  // namespace

int main() {
  // An HTTP client that gives whole answers, played by a function that shows what it was asked.
  auditor::function_transport show{
      [](const auditor::request_view& request, const auditor::call&) -> auditor::result<auditor::whole_response> {
        std::cout << to_string(request.method) << ' ' << request.target << '\n';
        for (const auditor::header& each : request.headers) std::cout << "  " << each.name << ": " << each.value << '\n';
        return auditor::whole_response{.status = 200, .body = {}};
      }};

  auditor::client client{with_token{std::move(show), "of-this-site"}};
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  std::cout << to_string(client.add(auditor::record{"record-1", start}).value().how) << '\n';
}
