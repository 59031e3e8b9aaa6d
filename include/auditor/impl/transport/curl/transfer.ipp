// Bodies of transport/curl/transfer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL curl_transfer::curl_transfer(const curl_settings& settings, open_sockets& sockets)
    : settings_(settings),
      sockets_(sockets),
      base_(settings.server.url()),
      spill_(new char[spill_size]),
      url_(curl_url()),
      easy_(curl_easy_init()) {}

AUDITOR_DECL CURLcode curl_transfer::set_up() noexcept {
  if (easy_ == nullptr || url_ == nullptr) return CURLE_FAILED_INIT;
  if (const CURLcode code = configure(easy_.get(), settings_); code != CURLE_OK) return code;
  if (const CURLcode code = sockets_.watch(easy_.get()); code != CURLE_OK) return code;
  void* self = this;
  if (!settings_.connect_to.empty()) {
    connect_to_.reset(curl_slist_append(nullptr, settings_.connect_to.c_str()));
    if (connect_to_ == nullptr) return CURLE_OUT_OF_MEMORY;
    curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_TO, connect_to_.get());
  }
  return curl_options(easy_.get())
      .set(CURLOPT_PRIVATE, self)
      .set(CURLOPT_CURLU, url_.get())
      .set(CURLOPT_ERRORBUFFER, &words_[0])
      .set(CURLOPT_HEADERFUNCTION, &on_header)
      .set(CURLOPT_HEADERDATA, self)
      .set(CURLOPT_WRITEFUNCTION, &on_body)
      .set(CURLOPT_WRITEDATA, self)
      .set(CURLOPT_HTTP_TRANSFER_DECODING, 0L)  // chunk_reader does it, and sees what is behind the last chunk
      .set(CURLOPT_DEBUGFUNCTION, &on_words)
      .set(CURLOPT_DEBUGDATA, self)
      .set(CURLOPT_PREREQFUNCTION, &on_connected)
      .set(CURLOPT_PREREQDATA, self)
      .set(CURLOPT_OPENSOCKETFUNCTION, &on_socket)
      .set(CURLOPT_OPENSOCKETDATA, self)
      .code();
}

AUDITOR_DECL result<void> curl_transfer::prepare(const request_view& request) {
  head_ = answer_head(settings_.http2 ? http_versions::any : http_versions::one);
  chunks_ = {};
  room_ = {};
  filled_ = spill_begin_ = spill_end_ = 0;
  connections_ = 0;
  paused_ = finished_ = made_ = stray_ = starved_ = false;
  failure_ = {};
  complaint_ = {};
  words_[0] = '\0';
  body_size_ = request.body.size();

  if (const error e = check_request(request)) return e;
  if (set_target(request.target) != CURLUE_OK) return curl_failure(CURLE_URL_MALFORMAT, evidence(CURLE_URL_MALFORMAT));
  if (const error e = list_headers(request)) return e;

  curl_options options(easy_.get());
  options.set(CURLOPT_HTTPHEADER, headers_.get())
      .set(CURLOPT_FRESH_CONNECT, 0L)
      .set(CURLOPT_FORBID_REUSE, 0L)
      .set(CURLOPT_VERBOSE, 0L);
  if (request.method == verb::get) {
    options.set(CURLOPT_HTTPGET, 1L).set(CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  } else {
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()))
        .set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data())
        .set(CURLOPT_CUSTOMREQUEST, request.method == verb::put ? "PUT" : static_cast<const char*>(nullptr));
  }
  if (options.code() != CURLE_OK) return curl_failure(options.code(), evidence(options.code()));
  return {};
}

AUDITOR_DECL void curl_transfer::prepare_fresh() noexcept {
  stray_ = false;
  words_[0] = '\0';
  curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);  // so that this comes once at most
}

AUDITOR_DECL bool curl_transfer::head_ready() const noexcept { return head_.ready(); }

AUDITOR_DECL response_head curl_transfer::head() const noexcept { return head_.value(); }

AUDITOR_DECL bool curl_transfer::sent_completely() const noexcept {
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &bytes);
  return static_cast<std::size_t>(bytes) >= body_size_;
}

AUDITOR_DECL void curl_transfer::offer(std::span<char> room) noexcept {
  room_ = room;
  const std::size_t waiting = (std::min)(spill_end_ - spill_begin_, room_.size());
  place(&spill_[spill_begin_], waiting);
  spill_begin_ += waiting;
  if (spill_begin_ == spill_end_) spill_begin_ = spill_end_ = 0;
  if (!paused_ || finished_ || room_.empty()) return;
  paused_ = false;
  if (const CURLcode code = curl_easy_pause(easy_.get(), CURLPAUSE_CONT); code != CURLE_OK) finish(code);
}

AUDITOR_DECL std::size_t curl_transfer::take_back() noexcept {
  room_ = {};
  return std::exchange(filled_, 0);
}

AUDITOR_DECL void curl_transfer::finish(CURLcode code) noexcept {
  if (finished_) return;
  finished_ = true;
  if (code == CURLE_OK && !head_.ready()) {
    code = CURLE_GOT_NOTHING;
    complaint_ = "the answer ended within its head";
  } else if (code == CURLE_OK && head_.chunked() && !head_.bodiless() && !chunks_.done()) {
    code = CURLE_PARTIAL_FILE;
    complaint_ = "the answer ended before its last chunk";
  } else if (code == CURLE_OK && !head_.framed() && !settings_.allow_unframed) {
    code = CURLE_PARTIAL_FILE;
    complaint_ = answer_without_end;
  }
  // libcurl's words for a line that its buffer (100 KB) does not hold; 100 is CURLE_TOO_LARGE, since 8.6.
  if ((code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == 100) && sent() && !head_.ready())
    complaint_ = answer_head::too_long;
  if (code != CURLE_OK) failure_ = curl_failure(code, evidence(code));
  has_news();
}

AUDITOR_DECL CURLUcode curl_transfer::set_target(std::string_view target) {
  if (has_target_ && target == target_) return CURLUE_OK;
  target_.assign(target);
  constexpr unsigned how = CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS;  // ids such as `..` are path segments
  const CURLUcode code = curl_url_set(url_.get(), CURLUPART_URL, std::string(base_).append(target).c_str(), how);
  has_target_ = code == CURLUE_OK;
  return code;
}

AUDITOR_DECL error curl_transfer::list_headers(const request_view& request) {
  curl_list list;
  bool typed = false;
  const auto append = [&list](const char* line) {
    curl_slist* longer = curl_slist_append(list.get(), line);
    if (longer == nullptr) return false;
    static_cast<void>(list.release());
    list.reset(longer);
    return true;
  };
  // libcurl waits for leave to send a body of more than 1 MiB.
  constexpr std::size_t sent_at_once = 512 * 1024;
  bool held = request.body.size() <= sent_at_once || append("Expect:");
  for (const header& field : request.headers) {
    typed = typed || same_word(field.name, "content-type");
    line_.assign(field.name).append(field.value.empty() ? ";" : ": ").append(field.value);
    held = held && append(line_.c_str());
  }
  // libcurl would call every body a form.
  if (!typed && request.method != verb::get) held = held && append("Content-Type:");
  if (!held) return error(errc::connect_failed, "out of memory");
  headers_ = std::move(list);
  return {};
}

AUDITOR_DECL curl_evidence curl_transfer::evidence(CURLcode code) const noexcept {
  long made = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &made);
  std::string_view words = complaint_;
  if (words.empty()) words = words_[0] != '\0' ? words_ : curl_easy_strerror(code);
  long system_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  return {.sent = sent(),
          .fresh = made > 0,
          .answered = head_.anything(),
          .tls = settings_.server.tls,
          .own_certificate = !settings_.tls.client_certificate.empty(),
          .no_descriptors = !sent() && (starved_ || no_descriptor_left()),
          .unix_socket = settings_.unix_socket,
          .system_error = static_cast<int>(system_error),
          .words = words};
}

AUDITOR_DECL void curl_transfer::place(const char* bytes, std::size_t size) noexcept {
  if (size == 0) return;
  std::memcpy(room_.data(), bytes, size);
  room_ = room_.subspan(size);
  filled_ += size;
}

AUDITOR_DECL void curl_transfer::has_news() const noexcept {
  if (listener_.fn != nullptr) listener_.fn(listener_.self);
}

AUDITOR_DECL std::size_t curl_transfer::on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
  curl_transfer& t = of(self);
  const bool before = t.head_.ready();
  if (!t.head_.take({bytes, size})) {
    t.complaint_ = t.head_.complaint();
    return 0;
  }
  if (!t.head_.ready() || before) return size;
  if (t.settings_.http2 && !t.head_.multiplexed()) t.sockets_.is_not_shared(t.port_);
  t.left_of_length_ = t.head_.length().value_or(0);
  t.body_came_ = 0;
  if (t.head_.bodiless())
    curl_easy_setopt(t.easy_.get(), CURLOPT_VERBOSE, 1L);  // see on_words
  else
    t.sockets_.acknowledge(t.port_, true);  // the next request acknowledges a lone head
  t.has_news();
  return size;
}

AUDITOR_DECL int curl_transfer::on_words(CURL* easy, curl_infotype kind, char* words, std::size_t size, void*) noexcept {
  if (kind == CURLINFO_TEXT && std::string_view(words, size).starts_with("Excess found")) forbid_reuse(easy);
  return 0;
}

AUDITOR_DECL void curl_transfer::forbid_reuse(CURL* easy) noexcept { curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); }

AUDITOR_DECL std::size_t curl_transfer::on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
  curl_transfer& t = of(self);
  if (size > CURL_MAX_WRITE_SIZE) return 0;
  if (size > t.room_.size() + (spill_size - t.spill_end_)) {
    t.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (!t.head_.chunked()) {
    t.take({bytes, size});
    if (t.left_of_length_ -= (std::min)(t.left_of_length_, std::uint64_t{size}); t.left_of_length_ == 0) t.end_of_length();
  } else {
    std::string_view left(bytes, size);
    for (std::string_view piece; !(piece = t.chunks_.next(left, left.size())).empty();) t.take(piece);
    if (t.complaint_ = t.chunks_.complaint(); !t.complaint_.empty()) return 0;
    if (!left.empty()) forbid_reuse(t.easy_.get());
  }
  const std::uint64_t before = std::exchange(t.body_came_, t.body_came_ + size);
  if (size < CURL_MAX_WRITE_SIZE && t.body_came_ <= short_answer) t.sockets_.acknowledge(t.port_, true);
  if (before < long_answer && t.body_came_ >= long_answer) t.sockets_.acknowledge(t.port_, false);
  t.has_news();
  return size;
}

AUDITOR_DECL void curl_transfer::end_of_length() noexcept {
  if (settings_.server.tls && !head_.multiplexed() && !tls_is_read_to_its_end(easy_.get())) forbid_reuse(easy_.get());
}

AUDITOR_DECL void curl_transfer::take(std::string_view body) noexcept {
  const std::size_t fits = (std::min)(body.size(), room_.size());
  place(body.data(), fits);
  body.remove_prefix(fits);
  std::memcpy(spill_.get() + spill_end_, body.data(), body.size());
  spill_end_ += body.size();
}

AUDITOR_DECL int curl_transfer::on_connected(void* self, char*, char*, int, int local_port) noexcept {
  curl_transfer& t = of(self);
  if (t.connections_ != 0) {
    t.refuse_repeat();
    return CURL_PREREQFUNC_ABORT;
  }
  t.port_ = (std::max)(local_port, 0);
  if (t.made_)
    t.sockets_.connected(&t, t.port_);
  else if (!t.sockets_.is_quiet(t.port_)) {
    t.stray_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  ++t.connections_;
  return CURL_PREREQFUNC_OK;
}

AUDITOR_DECL curl_socket_t curl_transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  curl_transfer& t = of(self);
  if (t.connections_ != 0) {
    t.refuse_repeat();
    return CURL_SOCKET_BAD;
  }
#ifdef SOCK_CLOEXEC
  // A program that the caller starts must not hold our connections open.
  const curl_socket_t made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
  const curl_socket_t made = socket(address->family, address->socktype, address->protocol);
#endif
  if (made != CURL_SOCKET_BAD) t.sockets_.add(made, &t, t.settings_.http2);
  // Under TLS files are opened next. When they cannot be, the socket is closed again before we hear of it.
  if (made == CURL_SOCKET_BAD || t.settings_.server.tls) t.starved_ = no_descriptor_left();
  t.made_ = true;
  return made;
}

AUDITOR_DECL void curl_transfer::refuse_repeat() noexcept {
  complaint_ = "the kept connection broke before an answer came; not sent again";
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
