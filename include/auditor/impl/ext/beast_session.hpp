// The connections of a Beast transport, and one request and its answer over one of them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/ext/beast_options.hpp>
#include <auditor/ext/boost_asio.hpp>
#include <auditor/http/async_transport.hpp>
#include <auditor/transport/answer_head.hpp>
#include <auditor/transport/chunk_reader.hpp>
#include <auditor/transport/request_check.hpp>
#include <auditor/transport/sentences.hpp>
#include <auditor/transport/settings.hpp>
#include <auditor/transport/tls_words.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

namespace net = boost::asio;
using beast_strand = boost_asio_executor::strand_type;
using beast_socket = net::basic_stream_socket<net::ip::tcp, beast_strand>;
using boost::system::error_code;

inline error beast_failure(errc code, const error_code& failure, std::string_view what) {
  error e(code, what);
  e.native = failure.value();
  return e.more(": ").more(failure.message());
}

// The files are read for each connection, so that renewed certificates need no restart.
inline error fill_context(net::ssl::context& context, const tls_options& tls) {
  error_code failure;
  const auto refuse = [&failure](std::string_view setting) {
    return failure ? beast_failure(errc::invalid_argument, failure, setting) : error{};
  };
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(net::ssl::verify_peer, failure);
  if (tls.ca_file.empty() && tls.ca_directory.empty()) context.set_default_verify_paths(failure);
  if (const error e = refuse("the system's authorities")) return e;
  if (!tls.ca_file.empty()) context.load_verify_file(tls.ca_file, failure);
  if (const error e = refuse("tls ca_file")) return e;
  if (!tls.ca_directory.empty()) context.add_verify_path(tls.ca_directory, failure);
  if (const error e = refuse("tls ca_directory")) return e;
  if (!tls.crl_file.empty()) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context.native_handle());
    X509_LOOKUP* const files = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (files == nullptr || X509_load_crl_file(files, tls.crl_file.c_str(), X509_FILETYPE_PEM) <= 0)
      return bad_setting("tls crl_file", "give a file of revocation lists in PEM: ").more(tls.crl_file);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  if (tls.client_certificate.empty()) return check_own_certificate(tls, "tls");
  // Also without a password: OpenSSL would ask the terminal.
  context.set_password_callback([password = tls.key_password](std::size_t, auto) { return password; }, failure);
  context.use_certificate_chain_file(tls.client_certificate, failure);
  if (const error e = refuse("tls client_certificate")) return e;
  context.use_private_key_file(tls.client_key.empty() ? tls.client_certificate : tls.client_key, net::ssl::context::pem,
                               failure);
  return refuse("tls client_key");
}

struct beast_connection {
  explicit beast_connection(const beast_strand& strand) : socket(strand) {}

  // Calls `use(stream)` with what the bytes go through.
  template <class Use>
  void through(Use use) {
    tls ? use(*tls) : use(socket);
  }
  // Nobody has closed it, and nothing has come that nobody asked for. With TLS that is asked of the TLS stream, which takes
  // its own records - session tickets - away.
  bool is_quiet() {
    char byte;
    error_code failure;
    socket.non_blocking(true, failure);
    if (failure) return false;
    if (tls)
      tls->read_some(net::buffer(&byte, 1), failure);
    else
      socket.receive(net::buffer(&byte, 1), net::socket_base::message_peek, failure);
    return failure == net::error::would_block || failure == net::error::try_again;
  }
  void close() noexcept {
    error_code ignored;
    socket.close(ignored);
  }

  beast_socket socket;
  std::optional<net::ssl::context> context;
  std::optional<net::ssl::stream<beast_socket&>> tls;
  ticks born{}, used{};
};

// What the streams of one transport share: settings, and connections kept for the next request.
class beast_exchange;

class beast_session {
 public:
  beast_session(const boost_asio_executor& executor, endpoint address, endpoint way, beast_options settings)
      : strand(executor.strand()), server(std::move(address)), peer(std::move(way)), options(std::move(settings)) {}

  // Starts it, or lets it wait for its turn.
  void admit(const std::shared_ptr<beast_exchange>& next);
  // One that was started is over: the next one's turn.
  void one_less();

  std::unique_ptr<beast_connection> take() {
    drop_old();
    while (!kept_.empty()) {
      auto last = std::move(kept_.back());
      kept_.pop_back();
      if (last->is_quiet()) return last;
    }
    return nullptr;
  }
  void keep(std::unique_ptr<beast_connection> connection) {
    connection->used = steady::now();
    kept_.push_back(std::move(connection));
    sweep_later();
  }

  // The whole request: its bytes are ours while Asio sends them, whatever becomes of the caller.
  result<std::string> print(const request_view& request) const {
    if (const error e = check_request(request)) return e;
    std::string text(to_string(request.method));
    text.append(" ").append(server.base_path).append(request.target).append(" HTTP/1.1\r\nHost: ");
    text.append(endpoint::in_brackets(server.name()));
    if (server.port != (server.tls ? 443 : 80)) text.append(":").append(std::to_string(server.port));
    text.append("\r\nUser-Agent: ").append(options.user_agent).append("\r\nAccept: */*\r\n");
    for (const header& field : request.headers) text.append(field.name).append(": ").append(field.value).append("\r\n");
    if (request.method != verb::get)
      text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    return text.append("\r\n").append(request.body);
  }

  const beast_strand strand;
  const endpoint server;
  const endpoint peer;  // where to connect to
  const beast_options options;

 private:
  void drop_old() {
    constexpr ticks most_silence{3'000};     // the server closes after 5 s of silence
    constexpr ticks most_lifetime{600'000};  // so that renewed certificates come into use
    const ticks now = steady::now();
    std::erase_if(kept_,
                  [&](const auto& each) { return now - each->used >= most_silence || now - each->born > most_lifetime; });
  }
  // Kept connections are looked at every second, as long as there are any and the loop runs.
  void sweep_later() {
    if (!std::exchange(sweeps_, true)) sweeper_.wake_untracked_at(steady::now() + ticks{1'000});
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): nothing can go wrong when a connection is closed
  static void sweep(void* self) noexcept {
    auto& s = *static_cast<beast_session*>(self);
    s.sweeps_ = false;
    if (!s.owner_.is_this()) return;
    s.drop_old();
    std::erase_if(s.kept_, [](const auto& each) { return !each->is_quiet(); });
    if (!s.kept_.empty()) s.sweep_later();
  }

  owning_process owner_;
  boost_asio_executor executor_{strand};
  boost_asio_executor::wakeup sweeper_{executor_, &beast_session::sweep, this};
  bool sweeps_ = false;
  std::vector<std::unique_ptr<beast_connection>> kept_;
  std::size_t under_way_ = 0;
  std::deque<std::weak_ptr<beast_exchange>> waiting_;
};

// One request and its answer. Asio's handlers share it: when its stream has gone they find that nobody wants them.
class beast_exchange : public std::enable_shared_from_this<beast_exchange> {
  using member = void (beast_exchange::*)(const error_code&);
  auto guarded(member next) {
    return [self = shared_from_this(), next](const error_code& failure) {
      if (self->is_wanted()) (*self.*next)(failure);
    };
  }
  // In a child process that runs the loop after a fork, what the parent had begun ends.
  bool is_wanted() noexcept {
    if (over_ || owner_.is_this()) return !over_;
    refuse(answer_of_the_parent);
    return false;
  }

 public:
  beast_exchange(beast_session& session, std::string request, completion<response_head> opened)
      : session_(session),
        request_(std::move(request)),
        opened_(opened),
        timer_(session.strand),
        resolver_(session.strand) {}

  bool is_over() const noexcept { return over_; }
  void start() {
    admitted_ = true;
    connection_ = session_.take();
    if (connection_ != nullptr) return send();
    fresh_ = true;
    connection_ = std::make_unique<beast_connection>(session_.strand);
    constexpr ticks for_ever = std::chrono::hours{24 * 365};  // what ticks hold, a time of the clock's does not
    timer_.expires_after((std::min)(session_.options.connect_timeout, for_ever));
    timer_.async_wait([self = shared_from_this()](const error_code& stopped) {
      if (!stopped && !self->over_ && !self->sent_)
        self->fail(error(errc::connect_failed, "timed out: ").more(nothing_sent_yet));
    });
    error_code not_an_address;
    const auto address = net::ip::make_address(session_.peer.host, not_an_address);
    if (!not_an_address) {
      return connection_->socket.async_connect({address, session_.peer.port}, guarded(&beast_exchange::connected));
    }
    resolver_.async_resolve(session_.peer.host, std::to_string(session_.peer.port),
                            [self = shared_from_this()](const error_code& failure, const auto& found) {
                              if (!self->is_wanted()) return;
                              if (failure) return self->not_connected(failure, "name look-up");
                              net::async_connect(self->connection_->socket, found,
                                                 [self](const error_code& refused, const auto&) {
                                                   if (self->is_wanted()) self->connected(refused);
                                                 });
                            });
  }

  void read(std::span<char> into, completion<std::size_t> got) {
    if (over_ || into.empty()) return got(error(errc::invalid_argument, no_async_read));
    into_ = into;
    got_ = got;
    if (!is_wanted()) return;
    pull();
  }

  void cancel() noexcept {
    if (opened_.fn == nullptr && got_.fn == nullptr) return;
    if (!admitted_) return fail(error(errc::connect_failed, no_free_connection).more(never_had_a_turn));
    fail(sent_ ? error(errc::cancelled) : error(errc::connect_failed, nothing_sent_yet));
  }

  // Without a word. In the middle of a body this closes the connection.
  // NOLINTNEXTLINE(bugprone-exception-escape): nothing can go wrong when a timer is cancelled
  void abandon() noexcept {
    over_ = true;
    opened_ = {};
    got_ = {};
    resolver_.cancel();
    timer_.cancel();
    if (connection_ != nullptr) connection_->close();
    if (std::exchange(admitted_, false) && owner_.is_this()) session_.one_less();
  }

 private:
  static constexpr std::size_t at_once = 100 * 1024;  // of a small answer only what comes is touched

  void connected(const error_code& failure) {
    if (failure) return not_connected(failure, "connection");
    error_code ignored;
    connection_->socket.set_option(net::ip::tcp::no_delay(true), ignored);
    connection_->born = steady::now();
    if (!session_.server.tls) return send();

    auto& context = connection_->context.emplace(net::ssl::context::tls_client);
    if (error e = fill_context(context, session_.options.tls)) {
      if (no_descriptor_left()) return fail(error(errc::connect_failed, no_descriptors).more(": ").more(e.words()));
      e.code = errc::tls_failed;
      return fail(e);
    }
    auto& tls = connection_->tls.emplace(connection_->socket, context);
    const std::string host(session_.server.name());
    error_code not_an_address;
    net::ip::make_address(host, not_an_address);
    // The macro of OpenSSL casts as C does.
    if (not_an_address)
      SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str()));
    tls.set_verify_callback(net::ssl::host_name_verification(host), ignored);
    tls.async_handshake(net::ssl::stream_base::client, guarded(&beast_exchange::shook_hands));
  }

  void not_connected(const error_code& failure, std::string_view what) {
    const bool starved = failure == net::error::no_descriptors || no_descriptor_left();
    fail(beast_failure(errc::connect_failed, failure, starved ? no_descriptors : what));
  }

  void shook_hands(const error_code& failure) {
    // OpenSSL takes a directory of authorities that it cannot open for one without them.
    if (failure && no_descriptor_left()) return not_connected(failure, "TLS handshake");
    if (failure) return fail(beast_failure(errc::tls_failed, failure, "TLS handshake"));
    send();
  }

  // Reads while it sends: a server may answer before it has everything, and then hang up.
  void send() {
    timer_.cancel();
    sent_ = true;
    connection_->through([this](auto& stream) {
      net::async_write(stream, net::buffer(request_),
                       [self = shared_from_this()](const error_code& failure, std::size_t) { self->written_ = !failure; });
    });
    receive();
  }

  // What came of an answer that goes on and is short so far, at once: as the server keeps Nagle's algorithm on, it holds back the last
  // small piece of a list until what it sent before is acknowledged, which Linux delays by 40 ms on a kept connection. Of a long one later,
  // so that several pieces come together.
  void acknowledge() noexcept {
#ifdef TCP_QUICKACK
    const bool is_short = came_ <= short_answer;
    if (!heard_ || (!is_short && (later_ || came_ < long_answer))) return;
    later_ = !is_short;
    const int now = is_short ? 1 : 0;
    ::setsockopt(connection_->socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
#endif
  }

  // What came before has been used up: only the begun line of a head is kept, apart.
  void receive() {
    acknowledge();
    if (incoming_ == nullptr) incoming_.reset(new char[at_once]);
    connection_->through([this](auto& stream) {
      stream.async_read_some(net::buffer(incoming_.get(), at_once),
                             [self = shared_from_this()](const error_code& failure, std::size_t bytes) {
                               if (self->is_wanted()) self->received(failure, bytes);
                             });
    });
  }

  void received(const error_code& failure, std::size_t bytes) {
    if (failure) return lost(failure);
    heard_ = true;
    came_ += bytes;
    left_ = {incoming_.get(), bytes};
    opened_.fn != nullptr ? pull_head() : pull();
  }

  void pull_head() {
    while (!head_.ready()) {
      const std::size_t end = left_.find('\n');
      line_.append(left_.substr(0, end == std::string_view::npos ? end : end + 1));
      left_.remove_prefix((std::min)(left_.size(), end == std::string_view::npos ? end : end + 1));
      if (line_.size() > answer_head::most_bytes) return refuse(answer_head::too_long);
      if (end == std::string_view::npos) return receive();
      if (!head_.take(line_))
        return fail(error(errc::connection_lost, head_.complaint()).more(speaks_no_http() ? perhaps_https : ""));
      line_.clear();
    }
    if (!head_.framed()) return refuse(answer_without_end);
    const response_head head = head_.value();
    if (head.status < 300 && !written_) return refuse(answered_too_early);
    unread_ = head_.bodiless() ? 0 : head_.length().value_or(0);
    std::exchange(opened_, {})(head);
  }

  bool at_end() const noexcept { return head_.chunked() && !head_.bodiless() ? chunks_.done() : unread_ == 0; }
  std::string_view next_piece(std::size_t most) noexcept {
    if (head_.chunked()) return chunks_.next(left_, most);
    const auto size = static_cast<std::size_t>((std::min)({std::uint64_t{left_.size()}, std::uint64_t{most}, unread_}));
    const std::string_view piece = left_.substr(0, size);
    left_.remove_prefix(size);
    unread_ -= size;
    return piece;
  }

  // All that is there: each record of a long answer is a chunk of its own.
  std::size_t fill() noexcept {
    std::size_t filled = 0;
    while (filled < into_.size() && !at_end()) {
      const std::string_view piece = next_piece(into_.size() - filled);
      if (piece.empty()) break;
      filled += piece.copy(into_.data() + filled, piece.size());
    }
    return filled;
  }

  void pull() {
    if (const std::size_t bytes = fill(); bytes != 0) return std::exchange(got_, {})(bytes);
    if (!chunks_.complaint().empty()) return refuse(chunks_.complaint());
    if (!at_end()) return receive();
    const auto got = std::exchange(got_, {});
    if (written_ && head_.keeps_connection() && left_.empty()) session_.keep(std::move(connection_));
    abandon();
    got(std::size_t{0});
  }

  void lost(const error_code& failure) {
    const std::string words = failure.message();
    const bool turned_away = fresh_ && !heard_ && connection_->tls && says_certificate_refused(words);
    error e = beast_failure(turned_away ? errc::tls_failed : errc::connection_lost, failure,
                            turned_away             ? "the server refused our certificate"
                            : opened_.fn != nullptr ? "no answer"
                                                    : "the answer is cut");
    if (failure == net::error::eof && speaks_no_http()) e.more(perhaps_https);
    fail(e);
  }
  bool speaks_no_http() const noexcept {
    return fresh_ && !connection_->tls && opened_.fn != nullptr && (!heard_ || begins_tls_record(line_));
  }
  void refuse(std::string_view why) { fail(error(errc::connection_lost, why)); }

  void fail(const error& e) noexcept {
    const auto opened = opened_;
    const auto got = got_;
    abandon();
    if (opened.fn != nullptr)
      opened(e);
    else if (got.fn != nullptr)
      got(e);
  }

  beast_session& session_;
  owning_process owner_;
  std::string request_;
  completion<response_head> opened_;
  completion<std::size_t> got_;
  std::span<char> into_;
  net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, beast_strand> timer_;
  net::ip::basic_resolver<net::ip::tcp, beast_strand> resolver_;
  std::unique_ptr<beast_connection> connection_;
  answer_head head_;
  chunk_reader chunks_;
  std::uint64_t unread_ = 0;  // of Content-Length
  std::unique_ptr<char[]> incoming_;
  std::string_view left_;                // what has come and was not looked at
  std::string line_;                     // of the head, begun
  std::uint64_t came_ = 0;               // of the answer, and its head
  [[maybe_unused]] bool later_ = false;  // it is so long that its pieces are no more acknowledged at once
  bool fresh_ = false, sent_ = false, written_ = false, heard_ = false, over_ = false, admitted_ = false;
};

inline void beast_session::admit(const std::shared_ptr<beast_exchange>& next) {
  if (!owner_.is_this()) {
    kept_.clear();  // Asio closes our descriptors of the parent's connections, without a word to the server
    waiting_.clear();
    under_way_ = 0;
    owner_ = {};
  }
  if (!waiting_.empty() || under_way_ == options.max_connections) return waiting_.push_back(next);
  ++under_way_;
  next->start();
}

inline void beast_session::one_less() {
  --under_way_;
  while (!waiting_.empty() && under_way_ < options.max_connections) {
    const auto next = waiting_.front().lock();
    waiting_.pop_front();
    if (next == nullptr || next->is_over()) continue;
    ++under_way_;
    next->start();
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
