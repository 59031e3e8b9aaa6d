// A small blocking transport on POSIX sockets that keeps to the rules, or breaks the one that it is told to break.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace plain {

using auditor::call;
using auditor::errc;
using auditor::error;
using auditor::request_view;
using auditor::response_head;
using auditor::result;

enum class flaw : std::uint8_t {
  none,
  sends_again,
  sends_again_on_kept,
  follows_redirects,
  truncated_is_complete,
  short_length_is_complete,
  unframed_is_complete,
  drops_last_byte,
  drops_error_bodies,
  overruns_room,
  ignores_time_out,
  ignores_flag,
  flag_only_before,
  flag_only_later,
  joins_streams,
  keeps_what_is_behind,
  reuses_abandoned,
  collects_whole,
  decodes_target,
  normalises_target,
  sends_chunked,
  loses_a_header,
  cuts_body_at_nul,
  forgets_retry_after,
  refused_is_lost,
  lost_is_refused,
  takes_interim_answer,
  takes_strays,
  drops_what_is_behind,
  believes_both_framings,
  believes_unknown_coding,
  believes_other_versions,
  reads_endless_lines,
  reads_endless_fields,
  shares_with_children,
};

struct socket_closer {
  int fd = -1;
  explicit socket_closer(int s) : fd(s) {}
  socket_closer(const socket_closer&) = delete;
  socket_closer& operator=(const socket_closer&) = delete;
  ~socket_closer() { ::close(fd); }
};

class transport {
 public:
  explicit transport(std::uint16_t port, flaw broken = flaw::none) : port_(port), broken_(broken) {}

  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { abandon(); }

    result<std::size_t> read(std::span<char> into, const call& limits) {
      const flaw broken = owner_->broken_;
      if (broken == flaw::joins_streams) return owner_->last_->read_own(into, limits);
      if (broken == flaw::drops_error_bodies && status_ >= 400) return std::size_t{0};
      if (broken == flaw::overruns_room && into.size() < 4096) {
        const result<std::size_t> bytes = read_own(into, limits);
        return bytes && *bytes == into.size() ? *bytes + 1 : bytes;
      }
      if (broken == flaw::collects_whole) {
        while (!collected_) {
          char some[16'384];
          const result<std::size_t> bytes = read_own(some, limits);
          if (!bytes) return bytes;
          if (*bytes == 0) collected_ = true;
          whole_.append(some, *bytes);
        }
        const std::size_t n = whole_.copy(into.data(), into.size(), given_);
        given_ += n;
        return n;
      }
      return read_own(into, limits);
    }

   private:
    friend class transport;
    enum class framing : std::uint8_t { length, chunks, close };
    static constexpr int most_fields = 100;

    result<std::size_t> read_own(std::span<char> into, const call& limits) {
      const flaw broken = owner_->broken_;
      const auto end = deadline(limits);
      for (;;) {
        if (framing_ == framing::chunks && left_ == 0) {
          if (const error e = next_chunk(limits, end)) {
            if (broken == flaw::truncated_is_complete && e.code == errc::connection_lost) return std::size_t{0};
            return e;
          }
          if (left_ == 0) return complete();
        }
        if (framing_ == framing::length && left_ == 0) return complete();
        if (!pending_.empty()) break;
        if (const error e = more(limits, end)) {
          const bool lost = e.code == errc::connection_lost;
          if (lost && framing_ == framing::close && broken == flaw::unframed_is_complete) return std::size_t{0};
          if (lost && framing_ == framing::length && broken == flaw::short_length_is_complete) return std::size_t{0};
          return e;
        }
      }
      std::size_t n = (std::min)(into.size(), pending_.size());
      if (framing_ != framing::close) n = (std::min)(n, left_);
      std::memcpy(into.data(), pending_.data(), n);
      pending_.erase(0, n);
      if (framing_ != framing::close) left_ -= n;
      if (broken == flaw::drops_last_byte && left_ == 0 && n > 1) return n - 1;
      return n;
    }

    std::size_t complete() {
      if (socket_ && pending_.empty() && keep_) owner_->kept_ = std::exchange(socket_, nullptr);
      if (socket_ && owner_->broken_ == flaw::drops_what_is_behind) owner_->kept_ = std::exchange(socket_, nullptr);
      if (socket_ && owner_->broken_ == flaw::keeps_what_is_behind) {
        owner_->kept_ = std::exchange(socket_, nullptr);
        owner_->behind_ = std::exchange(pending_, {});
      }
      socket_.reset();
      pending_.clear();
      return 0;
    }

    error next_chunk(const call& limits, std::chrono::steady_clock::time_point end) {
      const flaw broken = owner_->broken_;
      if (!first_chunk_)
        if (const error e = line(limits, end)) return e;
      first_chunk_ = false;
      if (const error e = line(limits, end)) return e;
      const auto [stop, failed] = std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
      if (failed != std::errc() || (stop != line_.data() + line_.size() && *stop != ';'))
        return error(errc::connection_lost, "no size of a chunk");
      if (left_ != 0) return {};
      int fields = 0;
      do {
        if (++fields > most_fields && broken != flaw::reads_endless_fields) return error(errc::connection_lost, "too many");
        if (const error e = line(limits, end)) return e;
      } while (!line_.empty());
      return {};
    }
    error line(const call& limits, std::chrono::steady_clock::time_point end) {
      std::size_t at, seen = 0;
      while ((at = pending_.find("\r\n", seen)) == std::string::npos) {
        seen = pending_.empty() ? 0 : pending_.size() - 1;
        if (seen > 64 * 1024 && owner_->broken_ != flaw::reads_endless_lines)
          return error(errc::connection_lost, "too long");
        if (const error e = more(limits, end)) return e;
      }
      line_ = pending_.substr(0, at);
      pending_.erase(0, at + 2);
      return {};
    }

    error more(const call& limits, std::chrono::steady_clock::time_point end) {
      if (!socket_) return error(errc::connection_lost, "closed");
      if (const error e = owner_->wait(socket_->fd, POLLIN, limits, end)) return e;
      char bytes[16'384];
      const ssize_t size = ::recv(socket_->fd, bytes, sizeof bytes, 0);
      if (size <= 0) return error(errc::connection_lost, "the connection ended early");
      pending_.append(bytes, static_cast<std::size_t>(size));
      return {};
    }

    void abandon() {
      if (owner_ != nullptr && owner_->broken_ == flaw::reuses_abandoned && socket_) owner_->kept_ = std::move(socket_);
      socket_.reset();
      pending_.clear();
      whole_.clear();
      given_ = 0;
      collected_ = false;
    }

    transport* owner_ = nullptr;
    std::unique_ptr<socket_closer> socket_;
    std::string pending_, line_, whole_;
    std::size_t left_ = 0, given_ = 0;
    framing framing_{};
    int status_ = 0;
    bool first_chunk_ = true, keep_ = true, collected_ = false;
  };

  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    s.abandon();
    s.owner_ = this;
    last_ = &s;
    if (limits.is_cancelled() && broken_ != flaw::ignores_flag && broken_ != flaw::flag_only_later) return errc::cancelled;
    const auto end = deadline(limits);
    bool reused = kept_ != nullptr;
    result<response_head> head = once(s, request, limits, end);
    const bool again = broken_ == flaw::sends_again || (broken_ == flaw::sends_again_on_kept && reused);
    if (!head && again && head.error().code == errc::connection_lost) head = once(s, request, limits, end);
    if (head && broken_ == flaw::follows_redirects && head->status / 100 == 3 && !location_.empty()) {
      request_view there = request;
      there.target = location_;
      head = once(s, there, limits, end);
    }
    if (head && broken_ == flaw::forgets_retry_after) head->retry_after = -1;
    return head;
  }

 private:
  using moment = std::chrono::steady_clock::time_point;

  static moment deadline(const call& limits) {
    const auto now = std::chrono::steady_clock::now();
    return limits.timeout > auditor::ticks{86'400'000} ? moment::max() : now + limits.timeout;
  }

  error wait(int fd, short what, const call& limits, moment end) const {
    for (pollfd waits{fd, what, 0};;) {
      const int ready = ::poll(&waits, 1, 20);
      if (ready > 0) return {};
      const bool looks = broken_ != flaw::ignores_flag && broken_ != flaw::flag_only_before;
      if (looks && limits.is_cancelled()) return errc::cancelled;
      if (broken_ != flaw::ignores_time_out && std::chrono::steady_clock::now() > end) return errc::timed_out;
    }
  }

  result<response_head> once(stream& s, const request_view& request, const call& limits, moment end) {
    s.pending_ = std::exchange(behind_, {});
    s.socket_ = std::exchange(kept_, nullptr);
    if (broken_ != flaw::shares_with_children && std::exchange(process_, ::getpid()) != ::getpid()) s.socket_.reset();
    // What is readable now is no answer to us: the end of the connection, or bytes that nobody asked for.
    const bool looks =
        broken_ != flaw::keeps_what_is_behind && broken_ != flaw::reuses_abandoned && broken_ != flaw::takes_strays;
    if (s.socket_ && looks) {
      pollfd waits{s.socket_->fd, POLLIN, 0};
      if (::poll(&waits, 1, 0) > 0) s.socket_.reset();
    }
    if (!s.socket_)
      if (const error e = connect(s, limits, end)) {
        if (broken_ == flaw::refused_is_lost) return errc::connection_lost;
        return e;
      }
    if (const error e = send(s, print(request), limits, end)) return e;
    result<response_head> head = read_head(s, limits, end);
    if (!head && broken_ == flaw::lost_is_refused && head.error().code == errc::connection_lost)
      return errc::connect_failed;
    return head;
  }

  error connect(stream& s, const call& limits, moment end) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    s.socket_ = std::make_unique<socket_closer>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fd = s.socket_->fd;
    if (::connect(fd, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0) return {};
    if (const error e = wait(fd, POLLOUT, limits, end))
      return e.code == errc::timed_out ? error(errc::connect_failed, "timed out") : e;
    int failed = 0;
    socklen_t size = sizeof failed;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return error(errc::connect_failed, "refused");
    return {};
  }

  error send(stream& s, const std::string& bytes, const call& limits, moment end) {
    for (std::string_view left = bytes; !left.empty();) {
      if (const error e = wait(s.socket_->fd, POLLOUT, limits, end)) return e;
      const ssize_t sent = ::send(s.socket_->fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0) return errc::connection_lost;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  }

  std::string print(const request_view& request) const {
    std::string target(request.target);
    if (broken_ == flaw::decodes_target)
      if (const std::size_t at = target.find("%2F"); at != std::string::npos) target.replace(at, 3, "/");
    if (broken_ == flaw::normalises_target)
      if (const std::size_t at = target.find("/.."); at != std::string::npos) target.erase(at, 3);
    std::string body(request.body);
    if (broken_ == flaw::cuts_body_at_nul) body = body.substr(0, body.find('\0'));
    std::string text = std::string(to_string(request.method)) + " " + target + " HTTP/1.1\r\n";
    text += "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
    std::size_t n = request.headers.size();
    if (broken_ == flaw::loses_a_header && n > 1) --n;
    for (const auditor::header& h : request.headers.first(n))
      text.append(h.name).append(": ").append(h.value).append("\r\n");
    if (broken_ == flaw::sends_chunked && !body.empty()) {
      char size[20]{};
      std::to_chars(size, size + sizeof size, body.size(), 16);
      return text + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n";
    }
    if (request.method != auditor::verb::get) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
  }

  static bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 32) == (y | 32); });
  }

  result<response_head> read_head(stream& s, const call& limits, moment end) {
    response_head head;
    int fields = 0;  // of interim answers too
    do {
      if (const error e = s.line(limits, end)) return e;
      const bool other = broken_ == flaw::believes_other_versions && s.line_.starts_with("HTTP/2 ");
      if (!s.line_.starts_with("HTTP/1.1 ") && !other) return error(errc::connection_lost, "no HTTP");
      const std::size_t version = s.line_.find(' ') + 1;
      const char* const digits = s.line_.data() + version;
      const char* const last = digits + (std::min<std::size_t>)(3, s.line_.size() - version);
      if (const auto [stop, failed] = std::from_chars(digits, last, head.status); failed != std::errc() || stop != last)
        return error(errc::connection_lost, "no status");
      s.framing_ = stream::framing::close;
      s.left_ = 0;
      head.retry_after = -1;
      location_.clear();
      s.keep_ = true;
      if (other) s.framing_ = stream::framing::length;
      for (;;) {
        if (const error e = s.line(limits, end)) return e;
        if (s.line_.empty()) break;
        if (!field(s, head)) return error(errc::connection_lost, "no framing");
        if (++fields > stream::most_fields && broken_ != flaw::reads_endless_fields)
          return error(errc::connection_lost, "too many");
      }
      if (++fields > stream::most_fields && broken_ != flaw::reads_endless_fields)
        return error(errc::connection_lost, "too many");
    } while (head.status < 200 && broken_ != flaw::takes_interim_answer);
    if (head.status == 204) s.framing_ = stream::framing::length;
    s.first_chunk_ = true;
    s.status_ = head.status;
    return head;
  }

  bool field(stream& s, response_head& head) {
    const std::string_view line = s.line_;
    const std::string_view name = line.substr(0, line.find(':'));
    std::string_view value = line.substr((std::min)(line.size(), name.size() + 1));
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (name.empty() || name.front() == ' ') return false;
    if (same(name, "content-length")) {
      const std::size_t before = s.left_;
      const bool first = s.framing_ == stream::framing::close;
      s.framing_ = stream::framing::length;
      const auto [stop, failed] = std::from_chars(value.data(), value.data() + value.size(), s.left_);
      if (failed != std::errc() || stop != value.data() + value.size()) return false;
      if (!first && broken_ != flaw::believes_both_framings) return s.left_ == before && before != 0;
    }
    if (same(name, "transfer-encoding")) {
      if (!same(value, "chunked") && broken_ != flaw::believes_unknown_coding) return false;
      if (s.framing_ == stream::framing::length && broken_ != flaw::believes_both_framings) return false;
      s.framing_ = stream::framing::chunks;
      s.left_ = 0;
    }
    if (same(name, "content-encoding") && broken_ != flaw::believes_unknown_coding) return false;
    if (same(name, "connection")) s.keep_ = false;
    if (same(name, "location")) location_ = value;
    std::int32_t seconds = -1;
    if (same(name, "retry-after")) {
      const auto [stop, failed] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (failed == std::errc() && stop == value.data() + value.size() && seconds >= 0) head.retry_after = seconds;
    }
    return true;
  }

  std::uint16_t port_;
  flaw broken_;
  pid_t process_ = ::getpid();
  std::unique_ptr<socket_closer> kept_;
  std::string behind_, location_;
  stream* last_ = nullptr;
};

static_assert(auditor::transport<transport>);

}  // namespace plain
