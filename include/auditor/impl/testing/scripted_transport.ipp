// Bodies of testing/scripted_transport.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

AUDITOR_DECL reply reply::with(int code, auditor::detail::owned_text text) {
  reply r;
  r.status = code;
  r.body = std::move(text).take();
  return r;
}

AUDITOR_DECL reply reply::fails(errc code) {
  reply r;
  r.open_fails = code;
  return r;
}

AUDITOR_DECL reply reply::cut_after(std::size_t bytes, errc with) && {
  breaks_after = bytes;
  breaks_with = with;
  return std::move(*this);
}

AUDITOR_DECL reply reply::in_chunks_of(std::size_t bytes) && {
  chunk = bytes;
  return std::move(*this);
}

AUDITOR_DECL result<std::size_t> scripted_transport::stream::read(std::span<char> into, const call&) {
  const std::size_t end = (std::min)(answer_.body.size(), answer_.breaks_after);
  const std::size_t n = (std::min)({end - at_, into.size(), answer_.chunk});
  if (n == 0 && answer_.breaks_after <= answer_.body.size()) return error(answer_.breaks_with, "cut by the script");
  std::memcpy(into.data(), answer_.body.data() + at_, n);
  at_ += n;
  return n;
}

AUDITOR_DECL scripted_transport::scripted_transport(std::initializer_list<reply> replies) : scripted_transport() {
  for (const reply& each : replies) expect(each);
}

AUDITOR_DECL scripted_transport& scripted_transport::expect(reply next) & {
  script_->replies.push_back(std::move(next));
  return *this;
}

AUDITOR_DECL result<response_head> scripted_transport::open(stream& s, const request_view& request, const call& limits) {
  sent_request sent{request.method, std::string(request.target), std::string(request.body), {}, limits.timeout};
  for (const header& each : request.headers) sent.headers.emplace_back(each.name, each.value);
  script_->sent.push_back(std::move(sent));
  if (script_->replies.empty()) return error(errc::connect_failed, "the script is over");
  s.answer_ = std::move(script_->replies.front());
  s.at_ = 0;
  script_->replies.pop_front();
  if (s.answer_.cancels != nullptr) s.answer_.cancels->request();
  if (s.answer_.open_fails != errc::ok) return error(s.answer_.open_fails, "failed by the script");
  return response_head{s.answer_.status, s.answer_.retry_after};
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
