// One request on one easy handle: what curl calls back about it, and what a blocking or an async stream asks of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/http/request.hpp>
#include <auditor/transport/answer_head.hpp>
#include <auditor/transport/chunk_reader.hpp>
#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/easy.hpp>
#include <auditor/transport/curl/failure.hpp>
#include <auditor/transport/curl/open_sockets.hpp>
#include <auditor/transport/curl/tls_rest.hpp>
#include <auditor/transport/request_check.hpp>
#include <auditor/transport/sentences.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

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
// The body goes straight into the room that the reader offers. What comes beyond it waits in the spill; only what the spill
// does not hold either pauses the transfer. So a slow reader costs one spill here and one receive buffer in libcurl, and TCP
// holds the server back.
class curl_transfer {
 public:
  curl_transfer(const curl_settings& settings, open_sockets& sockets);
  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  CURLcode set_up() noexcept;

  // Makes the handle ready for this request, whose body is not copied.
  result<void> prepare(const request_view& request);

  CURL* easy() const noexcept { return easy_.get(); }

  // The kept connection that libcurl chose had something to read: it is closed, and nothing was sent through it.
  bool found_stray() const noexcept { return stray_; }
  void prepare_fresh() noexcept;

  // For those who do not look at it after each step.
  void tell(const curl_listener& whom) noexcept { listener_ = whom; }

  bool head_ready() const noexcept;
  response_head head() const noexcept;

  // A connection was ready: bytes of the request may be on their way.
  bool sent() const noexcept { return connections_ != 0; }
  bool sent_completely() const noexcept;

  // Where the body goes until take_back(). What waits in the spill or in libcurl is there at once.
  void offer(std::span<char> room) noexcept;
  std::size_t filled() const noexcept { return filled_; }
  // Ends the offer; returns how many bytes came.
  std::size_t take_back() noexcept;

  // curl is done with it, or could not go on. What the spill holds comes first, then failure() tells how it ended.
  void finish(CURLcode code) noexcept;
  bool finished() const noexcept { return finished_; }
  const error& failure() const noexcept { return failure_; }

 private:
  friend class curl_session;

  // libcurl would parse a URL that it is given as a text for each request.
  CURLUcode set_target(std::string_view target);
  error list_headers(const request_view& request);

  curl_evidence evidence(CURLcode code) const noexcept;

  void place(const char* bytes, std::size_t size) noexcept;

  void has_news() const noexcept;

  static curl_transfer& of(void* self) noexcept { return *static_cast<curl_transfer*>(self); }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept;

  // Bytes behind an answer without a body libcurl throws away (until 8.5), and only says so. That connection is out of step.
  static int on_words(CURL* easy, curl_infotype kind, char* words, std::size_t size, void*) noexcept;
  static void forbid_reuse(CURL* easy) noexcept;

  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
  // Of a body with a Content-Length libcurl reads no byte more than there should be: what is behind it in the same TLS record
  // waits in the TLS library, where is_quiet() does not see it.
  void end_of_length() noexcept;
  // What the room does not hold goes into the spill; of one callback it all fits.
  void take(std::string_view body) noexcept;

  // Called once a connection is ready, before the request is written. A second time within one request means that libcurl
  // wants to send it again because a kept connection was gone: whether to repeat is not a transport's decision.
  static int on_connected(void* self, char*, char*, int, int local_port) noexcept;

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept;

  void refuse_repeat() noexcept;

  const curl_settings& settings_;
  open_sockets& sockets_;
  std::string base_;
  std::string target_;
  std::string line_;
  // Room and spill of a streamed read together hold what libcurl receives at once: pausing it costs more than the bytes.
  static constexpr std::size_t spill_size = 64 * 1024;
  std::unique_ptr<char[]> spill_;
  std::size_t spill_begin_ = 0;
  std::size_t spill_end_ = 0;
  std::span<char> room_;
  std::size_t filled_ = 0;
  std::size_t body_size_ = 0;
  std::uint64_t left_of_length_ = 0;
  std::uint64_t body_came_ = 0;  // of this answer
  unsigned connections_ = 0;     // made ready for this request
  int port_ = 0;                 // of ours, on the connection; 0: it has none
  bool made_ = false;            // the connection is not a kept one
  bool stray_ = false;
  bool starved_ = false;  // there was no descriptor for its socket, or none for what comes after it
  bool paused_ = false;
  bool finished_ = false;
  bool under_way_ = false;  // the session's
  bool has_target_ = false;
  answer_head head_;
  chunk_reader chunks_;
  error failure_;
  std::string_view complaint_;
  curl_transfer* next_spare_ = nullptr;
  curl_listener listener_;
  char words_[CURL_ERROR_SIZE]{};
  parsed_url url_;
  curl_list headers_;
  curl_list connect_to_;
  curl_easy easy_;  // last: released first, while all that it points to is there
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/transfer.ipp>
#endif
