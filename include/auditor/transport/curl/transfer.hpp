// One request on one easy handle: what curl calls back about it, and what a blocking or an async stream asks of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/http/request.hpp>
#include <auditor/transport/answer_head.hpp>
#include <auditor/transport/chunk_reader.hpp>
#include <auditor/transport/curl/easy.hpp>
#include <auditor/transport/curl/failure.hpp>
#include <auditor/transport/curl/open_sockets.hpp>
#include <auditor/transport/curl/tls_rest.hpp>
#include <auditor/transport/request_check.hpp>
#include <auditor/transport/sentences.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Whom to tell that a transfer has news. Called from inside libcurl: it may only take a note.
struct curl_listener {
  void (*fn)(void*) noexcept = nullptr;
  void* self = nullptr;
};

// Used again and again for one request after the other: its memory and curl's stay.
//
// The body goes straight into the room that the reader offers. What one callback brings beyond it waits in the spill;
// only when there is something in the spill and no room is the transfer paused. So a slow reader costs one spill here and
// one receive buffer in libcurl, and TCP holds the server back.
class curl_transfer {
 public:
  curl_transfer(const curl_settings& settings, open_sockets& sockets)
      : settings_(settings),
        sockets_(sockets),
        base_(settings.server.url()),
        spill_(new char[CURL_MAX_WRITE_SIZE]),
        easy_(curl_easy_init()) {}
  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  CURLcode set_up() noexcept {
    if (easy_ == nullptr) return CURLE_FAILED_INIT;
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

  // Makes the handle ready for this request, whose body is not copied.
  result<void> prepare(const request_view& request) {
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
    url_.assign(base_).append(request.target);
    if (const error e = list_headers(request)) return e;

    curl_options options(easy_.get());
    options.set(CURLOPT_URL, url_)
        .set(CURLOPT_HTTPHEADER, headers_.get())
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

  CURL* easy() const noexcept { return easy_.get(); }

  // The kept connection that libcurl chose had something to read: it is closed, and nothing was sent through it.
  bool found_stray() const noexcept { return stray_; }
  void prepare_fresh() noexcept {
    stray_ = false;
    words_[0] = '\0';
    curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);  // so that this comes once at most
  }

  // For those who do not look at it after each step.
  void tell(const curl_listener& whom) noexcept { listener_ = whom; }

  bool head_ready() const noexcept { return head_.ready(); }
  response_head head() const noexcept { return head_.value(); }

  // A connection was ready: bytes of the request may be on their way.
  bool sent() const noexcept { return connections_ != 0; }
  bool sent_completely() const noexcept {
    curl_off_t bytes = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &bytes);
    return static_cast<std::size_t>(bytes) >= body_size_;
  }

  // Where the body goes until take_back(). What waits in the spill or in libcurl is there at once.
  void offer(std::span<char> room) noexcept {
    room_ = room;
    const std::size_t waiting = (std::min)(spill_end_ - spill_begin_, room_.size());
    place(&spill_[spill_begin_], waiting);
    spill_begin_ += waiting;
    if (spill_begin_ == spill_end_) spill_begin_ = spill_end_ = 0;
    if (!paused_ || finished_ || room_.empty()) return;
    paused_ = false;
    if (const CURLcode code = curl_easy_pause(easy_.get(), CURLPAUSE_CONT); code != CURLE_OK) finish(code);
  }
  std::size_t filled() const noexcept { return filled_; }
  // Ends the offer; returns how many bytes came.
  std::size_t take_back() noexcept {
    room_ = {};
    return std::exchange(filled_, 0);
  }

  // curl is done with it, or could not go on. What the spill holds comes first, then failure() tells how it ended.
  void finish(CURLcode code) noexcept {
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
  bool finished() const noexcept { return finished_; }
  const error& failure() const noexcept { return failure_; }

 private:
  friend class curl_session;

  error list_headers(const request_view& request) {
    curl_list list(curl_slist_append(nullptr, "Expect:"));
    bool typed = false;
    const auto append = [&list](const char* line) {
      curl_slist* longer = curl_slist_append(list.get(), line);
      if (longer == nullptr) return false;
      static_cast<void>(list.release());
      list.reset(longer);
      return true;
    };
    bool held = list != nullptr;
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

  curl_evidence evidence(CURLcode code) const noexcept {
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

  void place(const char* bytes, std::size_t size) noexcept {
    if (size == 0) return;
    std::memcpy(room_.data(), bytes, size);
    room_ = room_.subspan(size);
    filled_ += size;
  }

  void has_news() const noexcept {
    if (listener_.fn != nullptr) listener_.fn(listener_.self);
  }

  static curl_transfer& of(void* self) noexcept { return *static_cast<curl_transfer*>(self); }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    curl_transfer& t = of(self);
    const bool before = t.head_.ready();
    if (!t.head_.take({bytes, size})) {
      t.complaint_ = t.head_.complaint();
      return 0;
    }
    if (!t.head_.ready() || before) return size;
    if (t.settings_.http2 && !t.head_.multiplexed()) t.sockets_.is_not_shared(t.port_);
    t.left_of_length_ = t.head_.length().value_or(0);
    if (t.head_.bodiless())
      curl_easy_setopt(t.easy_.get(), CURLOPT_VERBOSE, 1L);  // see on_words
    else
      t.sockets_.acknowledge(t.port_);  // the next request acknowledges a lone head
    t.has_news();
    return size;
  }

  // Bytes behind an answer without a body libcurl throws away (until 8.5), and only says so. That connection is out of step.
  static int on_words(CURL* easy, curl_infotype kind, char* words, std::size_t size, void*) noexcept {
    if (kind == CURLINFO_TEXT && std::string_view(words, size).starts_with("Excess found")) forbid_reuse(easy);
    return 0;
  }
  static void forbid_reuse(CURL* easy) noexcept { curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    curl_transfer& t = of(self);
    if (t.room_.empty() && t.spill_end_ != 0) {
      t.paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    if (size > CURL_MAX_WRITE_SIZE) return 0;
    if (!t.head_.chunked()) {
      t.take({bytes, size});
      if (t.left_of_length_ -= (std::min)(t.left_of_length_, std::uint64_t{size}); t.left_of_length_ == 0)
        t.end_of_length();
    } else {
      std::string_view left(bytes, size);
      for (std::string_view piece; !(piece = t.chunks_.next(left, left.size())).empty();) t.take(piece);
      if (t.complaint_ = t.chunks_.complaint(); !t.complaint_.empty()) return 0;
      if (!left.empty()) forbid_reuse(t.easy_.get());
    }
    if (size < CURL_MAX_WRITE_SIZE / 2) t.sockets_.acknowledge(t.port_);
    t.has_news();
    return size;
  }
  // Of a body with a Content-Length libcurl reads no byte more than there should be: what is behind it in the same TLS record
  // waits in the TLS library, where is_quiet() does not see it.
  void end_of_length() noexcept {
    if (settings_.server.tls && !head_.multiplexed() && !tls_is_read_to_its_end(easy_.get())) forbid_reuse(easy_.get());
  }
  // What the room does not hold goes into the spill; of one callback it all fits.
  void take(std::string_view body) noexcept {
    const std::size_t fits = (std::min)(body.size(), room_.size());
    place(body.data(), fits);
    body.remove_prefix(fits);
    std::memcpy(spill_.get() + spill_end_, body.data(), body.size());
    spill_end_ += body.size();
  }

  // Called once a connection is ready, before the request is written. A second time within one request means that libcurl
  // wants to send it again because a kept connection was gone: whether to repeat is not a transport's decision.
  static int on_connected(void* self, char*, char*, int, int local_port) noexcept {
    curl_transfer& t = of(self);
    if (t.connections_ != 0) {
      t.refuse_repeat();
      return CURL_PREREQFUNC_ABORT;
    }
    t.port_ = (std::max)(local_port, 0);
    if (t.made_)
      t.sockets_.connected();
    else if (!t.sockets_.is_quiet(t.port_)) {
      t.stray_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    ++t.connections_;
    return CURL_PREREQFUNC_OK;
  }

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
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
    if (made != CURL_SOCKET_BAD) t.sockets_.add(made, t.settings_.http2);
    // Under TLS files are opened next. When they cannot be, the socket is closed again before we hear of it.
    if (made == CURL_SOCKET_BAD || t.settings_.server.tls) t.starved_ = no_descriptor_left();
    t.made_ = true;
    return made;
  }

  void refuse_repeat() noexcept { complaint_ = "the kept connection broke before an answer came; not sent again"; }

  const curl_settings& settings_;
  open_sockets& sockets_;
  std::string base_;
  std::string url_;
  std::string line_;
  std::unique_ptr<char[]> spill_;
  std::size_t spill_begin_ = 0;
  std::size_t spill_end_ = 0;
  std::span<char> room_;
  std::size_t filled_ = 0;
  std::size_t body_size_ = 0;
  std::uint64_t left_of_length_ = 0;
  unsigned connections_ = 0;  // made ready for this request
  int port_ = 0;              // of ours, on the connection; 0: it has none
  bool made_ = false;         // the connection is not a kept one
  bool stray_ = false;
  bool starved_ = false;  // there was no descriptor for its socket, or none for what comes after it
  bool paused_ = false;
  bool finished_ = false;
  bool under_way_ = false;  // the session's
  answer_head head_;
  chunk_reader chunks_;
  error failure_;
  std::string_view complaint_;
  curl_transfer* next_spare_ = nullptr;
  curl_listener listener_;
  char words_[CURL_ERROR_SIZE]{};
  curl_list headers_;
  curl_list connect_to_;
  curl_easy easy_;  // last: released first, while all that it points to is there
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
