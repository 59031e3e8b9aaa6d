// Transports as one type each, whatever is behind: for programs and boundaries that must not be templates.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>
#include <auditor/executor/process.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/http/async_transport.hpp>
#include <auditor/http/transport.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// A stream keeps the inner one from one request to the next, as long as it belongs to the same transport.
template <class Slot>
class inner_stream {
 public:
  template <class Inner>
  Inner& of(const void* owner) {
    if (owner_ != owner) {
      auto fresh = std::make_unique<Inner>();
      owner_ = owner;
      auto& inner = *fresh;
      slot_ = std::move(fresh);
      return inner;
    }
    return static_cast<Inner&>(*slot_);
  }
  Slot* get() const noexcept { return slot_.get(); }

 private:
  std::unique_ptr<Slot> slot_;
  const void* owner_ = nullptr;
};

}  // namespace detail

/// Satisfies `transport` and owns any other one.
///
/// ```cpp
/// auditor::any_client connect(const settings& s) {  // in a .cpp: nobody who includes its header sees libcurl
///   if (s.dry_run) return auditor::any_client(auditor::any_transport(printing_transport()));
///   return auditor::any_client(auditor::any_transport(auditor::curl_builder().address(s.host, s.port).build().value()));
/// }
/// ```
/// **Errors**: those of the transport in it; `read` of a stream that was never opened is `invalid_argument`.
/// **Memory**: one allocation for the transport, and one for each stream; each step is one virtual call. **Threads**: as the
/// transport in it. **Lifetime**: it may be moved while streams are open, and outlives them; one that was moved from can
/// only be assigned to or destroyed.
class AUDITOR_EXPORT any_transport {
  struct any_stream {
    virtual ~any_stream() = default;
    virtual result<std::size_t> read(std::span<char> into, const call& limits) = 0;
  };

 public:
  class AUDITOR_EXPORT stream {
   public:
    result<std::size_t> read(std::span<char> into, const call& limits) {
      if (inner_.get() == nullptr) return error(errc::invalid_argument, "read needs an open stream");
      return inner_.get()->read(into, limits);
    }

   private:
    friend class any_transport;
    detail::inner_stream<any_stream> inner_;
  };

  /// Owns this one.
  template <class Transport>
    requires(!std::same_as<std::remove_cvref_t<Transport>, any_transport> && transport<std::remove_cvref_t<Transport>>)
  explicit any_transport(Transport&& through)
      : inner_(std::make_unique<holder<std::remove_cvref_t<Transport>>>(std::forward<Transport>(through))) {}

  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    static_cast<void>(detail::forks_are_counted);  // the transport in it may be of another module
    return inner_->open(s, request, limits);
  }

 private:
  struct any_holder {
    virtual ~any_holder() = default;
    virtual result<response_head> open(stream& s, const request_view& request, const call& limits) = 0;
  };

  template <transport Transport>
  struct holder final : any_holder {
    struct held_stream final : any_stream {
      result<std::size_t> read(std::span<char> into, const call& limits) override { return inner.read(into, limits); }
      typename Transport::stream inner;
    };
    template <class From>
    explicit holder(From&& from) : through(std::forward<From>(from)) {}
    result<response_head> open(stream& s, const request_view& request, const call& limits) override {
      return through.open(s.inner_.template of<held_stream>(this).inner, request, limits);
    }
    Transport through;
  };

  std::unique_ptr<any_holder> inner_;
};

/// Satisfies `async_transport` and owns any other one. As `any_transport`; its streams are used on the strand of the
/// transport in it, and the executor is that transport's.
///
/// ```cpp
/// auditor::any_async_transport through(std::move(curl));  // a curl_async_transport on this loop's executor
/// auditor::any_async_client<auditor::io_loop::executor> client(std::move(through), loop.get_executor());
/// ```
class AUDITOR_EXPORT any_async_transport {
  struct any_stream {
    virtual ~any_stream() = default;
    virtual void async_read(std::span<char> into, completion<std::size_t> got) = 0;
    virtual void cancel() noexcept = 0;
  };

 public:
  class AUDITOR_EXPORT stream {
   public:
    void async_read(std::span<char> into, completion<std::size_t> got) {
      if (inner_.get() == nullptr) return got(error(errc::invalid_argument, "async_read needs an open stream"));
      inner_.get()->async_read(into, got);
    }
    void cancel() noexcept {
      if (inner_.get() != nullptr) inner_.get()->cancel();
    }

   private:
    friend class any_async_transport;
    detail::inner_stream<any_stream> inner_;
  };

  /// Owns this one.
  template <class Transport>
    requires(!std::same_as<std::remove_cvref_t<Transport>, any_async_transport> &&
             async_transport<std::remove_cvref_t<Transport>>)
  explicit any_async_transport(Transport&& through)
      : inner_(std::make_unique<holder<std::remove_cvref_t<Transport>>>(std::forward<Transport>(through))) {}

  void async_open(stream& s, const request_view& request, completion<response_head> opened) {
    static_cast<void>(detail::forks_are_counted);
    inner_->async_open(s, request, opened);
  }

 private:
  struct any_holder {
    virtual ~any_holder() = default;
    virtual void async_open(stream& s, const request_view& request, completion<response_head> opened) = 0;
  };

  template <async_transport Transport>
  struct holder final : any_holder {
    struct held_stream final : any_stream {
      void async_read(std::span<char> into, completion<std::size_t> got) override { inner.async_read(into, got); }
      void cancel() noexcept override { inner.cancel(); }
      typename Transport::stream inner;
    };
    template <class From>
    explicit holder(From&& from) : through(std::forward<From>(from)) {}
    void async_open(stream& s, const request_view& request, completion<response_head> opened) override {
      through.async_open(s.inner_.template of<held_stream>(this).inner, request, opened);
    }
    Transport through;
  };

  std::unique_ptr<any_holder> inner_;
};

static_assert(transport<any_transport>);
static_assert(async_transport<any_async_transport>);

/// The client of a program that names its transport in one place only:
/// `auditor::any_client client{auditor::any_transport{std::move(curl)}};`
using any_client = client<any_transport>;

/// The same on an asynchronous executor.
template <async_executor Executor>
using any_async_client = client<any_async_transport, Executor>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
