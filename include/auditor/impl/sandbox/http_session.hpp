// One connection of the sandbox over HTTP: its requests, one behind the other, and their answers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/content_encoding.hpp>
#include <auditor/sandbox/http_body.hpp>
#include <auditor/sandbox/http_head.hpp>
#include <auditor/sandbox/sandbox.hpp>

#include <boost/asio.hpp>
#include <boost/beast/http/status.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// One connection: reads a request, answers it, reads the next, as long as the server would.
class http_session : public std::enable_shared_from_this<http_session> {
 public:
  http_session(boost::asio::ip::tcp::socket socket, sandbox& server)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), server_(server) {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  }

  /// A connection without a whole head within 5 seconds is told so; later heads may take their time.
  void start() {
    after(std::chrono::seconds(5), [](http_session& self) {
      if (self.state_ == state::head) self.refuse(408);
    });
    read();
  }

  void close() {
    boost::system::error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
  }
  /// Closes a connection on which nothing is under way.
  void close_idle() {
    if (state_ == state::head && input_.empty()) close();
  }

 private:
  using clock = std::chrono::steady_clock;
  using connection_kind = http_head::connection_kind;
  enum class state : std::uint8_t {
    head,      ///< of the next request
    body,      ///< of a request that is answered when it is there
    answer,    ///< under way
    leftover,  ///< a body that nobody waited for
    farewell,  ///< the client has a second to leave
  };

  // ---- reading -------------------------------------------------------------------------------------------------------

  void read() {
    constexpr std::size_t piece = 64 * 1024;
    incoming_.resize(piece);
    socket_.async_read_some(boost::asio::buffer(incoming_),
                            [self = shared_from_this()](const boost::system::error_code& failure, std::size_t n) {
                              if (failure && failure != boost::asio::error::eof) return self->close();
                              self->ended_ = failure == boost::asio::error::eof;
                              self->input_.append(self->incoming_, 0, n);
                              self->on_input();
                            });
  }

  void on_input() {
    if (is_waiting_for_next_) timer_.cancel();
    is_waiting_for_next_ = false;
    switch (state_) {
      case state::head: return read_head();
      case state::body: return read_body();
      case state::leftover: return drop_leftover();
      case state::farewell: input_.clear(); return ended_ ? leave() : read();
      case state::answer: return;
    }
  }

  void read_head() {
    http_head_reader reader(input_);
    switch (reader.read()) {
      case http_head_reader::outcome::partial: return ended_ ? leave() : read();
      case http_head_reader::outcome::malformed: return refuse(400);
      case http_head_reader::outcome::too_large: return refuse(431);
      case http_head_reader::outcome::whole: break;
    }
    timer_.cancel();
    head_ = std::move(reader.head());
    input_.erase(0, reader.size());
    body_reader_ = http_body_reader(head_);
    body_.clear();
    problem_.clear();
    unpacker_.reset();
    if (const auto packed = body_unpacker::to_format(head_.field("Content-Encoding").value_or("")))
      unpacker_.emplace(*packed);
    is_unframed_ = is_unframed_ || head_.body == http_head::body_kind::until_end;
    out_ = head_.expects_continue ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
    state_ = state::body;
    if (server_.reads_body(request()))
      return out_.empty() ? read_body() : send([](http_session& self) { self.read_body(); });
    // Who asks the database first has taken by then what came with the head.
    if (server_.asks_database(request()) && take_body(ignore) == http_body_reader::outcome::broken) return close();
    wait_for_connection();
  }

  static void ignore(std::string_view) noexcept {}

  template <class Take>
  http_body_reader::outcome take_body(const Take& take) {
    std::string_view rest = input_;
    const auto outcome = body_reader_.read(rest, take);
    input_.erase(0, input_.size() - rest.size());
    return outcome;
  }

  void read_body() {
    using outcome = http_body_reader::outcome;
    const auto is_decided = [this] { return !problem_.empty() || body_.size() > server_.body_limit(); };
    const outcome so_far = take_body([&](std::string_view piece) {
      if (is_decided()) return;
      if (!unpacker_) {
        body_ += piece;
        return;
      }
      unpacker_->read(piece, body_);
      problem_ = unpacker_->problem();
    });
    is_broken_ = so_far == outcome::broken || (so_far == outcome::partial && ended_);
    if (!is_decided()) {
      if (so_far == outcome::partial && !ended_) return read();
      if (is_broken_) {
        problem_ = "payload reached EOF before completing: None";
      } else if (unpacker_) {
        unpacker_->finish();
        problem_ = unpacker_->problem();
      }
    }
    wait_for_connection();
  }

  // ---- answering -----------------------------------------------------------------------------------------------------

  sandbox_request request() const {
    sandbox_request r{head_.method, head_.target, head_.field("Content-Type").value_or(""), body_};
    // What is packed has another length than was announced, unless that alone is too much.
    r.length_known = head_.body != http_head::body_kind::chunked && (!unpacker_ || body_.empty());
    r.unreadable_body = problem_;
    r.unread_length = body_reader_.left();
    return r;
  }

  void wait_for_connection() {
    state_ = state::answer;
    starved_at_ = clock::now() + server_.connection_wait();
    wait_on();
  }
  void wait_on() {
    if (clock::now() < starved_at_ && server_.must_wait(request()))
      return after(std::chrono::milliseconds(10), [](http_session& self) { self.wait_on(); });
    answer();
  }

  void answer() {
    sandbox_response given = server_.handle(request());
    if (given.what_happens != sandbox_response::fate::arrives) return close();

    connection_ = head_.connection;
    if (given.header("Connection") == "close" || !(body_reader_.is_whole() || body_reader_.is_chunked()))
      connection_ = connection_kind::close;
    if (given.is_streamed) {
      print_head(given, "transfer-encoding: chunked\r\n");
      pieces_ = std::move(given.body);
      pause_ = given.pause;
      return send_pieces();
    }
    const std::string text = given.body.text();
    const bool sized = given.status != 204 && given.status != 304;
    print_head(given, sized ? "content-length: " + std::to_string(text.size()) + "\r\n" : "");
    if (head_.method != "HEAD") out_ += text;
    const auto send_all = [](http_session& self) { self.send([](http_session& me) { me.on_answered(); }); };
    if (given.pause == given.pause.zero()) return send_all(*this);
    after(given.pause, send_all);
  }

  // A whole record is a chunk; several chunks go out at once.
  void send_pieces() {
    constexpr std::size_t enough = 64 * 1024;
    while (out_.size() < enough) {
      const auto piece = pieces_.next();
      if (!piece) {
        if (pieces_.is_lost()) return send([](http_session& self) { self.close(); });
        if (pause_ > pause_.zero())
          return send([](http_session& self) {
            self.after(std::exchange(self.pause_, self.pause_.zero()), [](http_session& me) { me.send_pieces(); });
          });
        if (!is_unframed_) out_ += "0\r\n\r\n";
        return send([](http_session& self) { self.on_answered(); });
      }
      if (is_unframed_) {
        out_ += *piece;
        continue;
      }
      char size[2 * sizeof(std::size_t)];
      const auto end = std::to_chars(size, size + sizeof size, piece->size(), 16).ptr;
      for (const char* digit = size; digit != end; ++digit)
        out_ += *digit >= 'a' ? static_cast<char>(*digit - 'a' + 'A') : *digit;
      out_.append("\r\n").append(*piece).append("\r\n");
    }
    send([](http_session& self) { self.send_pieces(); });
  }

  // Like the server: a body that was not read is read over when it comes in chunks, and else the client may leave first.
  void on_answered() {
    if (is_broken_) return leave();
    if (!body_reader_.is_whole() && !body_reader_.is_chunked()) {
      state_ = state::farewell;
      after(std::chrono::seconds(1), [](http_session& self) { self.leave(); });
      return on_input();
    }
    state_ = state::leftover;
    drop_leftover();
  }

  void drop_leftover() {
    const auto outcome = take_body(ignore);
    if (outcome == http_body_reader::outcome::partial && !ended_) return read();
    if (outcome != http_body_reader::outcome::whole || connection_ != connection_kind::keep_alive) return leave();
    state_ = state::head;
    after(std::chrono::seconds(5), [](http_session& self) { self.leave(); });
    is_waiting_for_next_ = true;
    read_head();
  }

  /// Without a word about the request: it was no HTTP.
  void refuse(int status) {
    state_ = state::answer;
    sandbox_response bare;
    bare.status = status;
    out_.clear();
    print_head(bare, "content-length: 0\r\n");
    send([](http_session& self) { self.leave(); });
  }

  void leave() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    close();
  }

  // ---- tools ---------------------------------------------------------------------------------------------------------

  template <class Then>
  void after(std::chrono::milliseconds pause, Then then) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this(), then](const boost::system::error_code& stopped) {
      if (!stopped) then(*self);
    });
  }

  template <class Then>
  void send(Then then) {
    boost::asio::async_write(socket_, boost::asio::buffer(out_),
                             [self = shared_from_this(), then](const boost::system::error_code& failure, std::size_t) {
                               if (failure) return self->close();
                               self->out_.clear();
                               then(*self);
                             });
  }

  void print_head(const sandbox_response& given, std::string_view framing) {
    const auto reason =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(given.status)));
    const bool old = head_.minor_version == 0;
    out_ += old ? "HTTP/1.0 " : "HTTP/1.1 ";
    out_ += std::to_string(given.status) + " ";
    out_.append(reason.data(), reason.size()).append("\r\n").append(framing);
    if (connection_ == connection_kind::upgrade) out_ += "connection: upgrade\r\n";
    if (connection_ == connection_kind::close && !old) out_ += "connection: close\r\n";
    if (connection_ == connection_kind::keep_alive && old) out_ += "connection: keep-alive\r\n";
    for (const auto& [name, value] : given.headers) {
      if (name == "Connection") continue;
      for (const char c : name) out_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
      out_.append(": ").append(value).append("\r\n");
    }
    out_ += "date: " + print_date(std::time(nullptr)) + "\r\n\r\n";
  }

  static std::string print_date(std::int64_t now) {
    static constexpr const char* days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string iso = print_time(now * 1'000'000);  // 2022-08-03T09:47:00Z
    const auto month = static_cast<std::size_t>((iso[5] - '0') * 10 + iso[6] - '1');
    return std::string(days[static_cast<std::size_t>(now / seconds_a_day % 7)]) + ", " + iso.substr(8, 2) + " " +
           months[month] + " " + iso.substr(0, 4) + " " + iso.substr(11, 8) + " GMT";
  }

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  sandbox& server_;
  state state_ = state::head;
  std::string incoming_;
  std::string input_;  // what came and was not taken yet
  http_head head_;
  http_body_reader body_reader_;
  std::optional<body_unpacker> unpacker_;
  std::string body_;
  std::string problem_;
  std::string out_;
  sandbox_body pieces_;
  std::chrono::milliseconds pause_{0};
  clock::time_point starved_at_;
  // What an answer to something that is no request says of the connection: the same as the last answer, or close.
  connection_kind connection_ = connection_kind::close;
  bool ended_ = false;                // the client has sent all that it will
  bool is_waiting_for_next_ = false;  // not for long
  bool is_broken_ = false;
  bool is_unframed_ = false;  // once a connection was to become something else its lists come without chunks
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
