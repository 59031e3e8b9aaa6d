// Bodies of sandbox/sandbox.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/media_type.hpp>
#include <auditor/sandbox/routes.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/target.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL sandbox::sandbox(sandbox_options options) : options_(std::move(options)), table_(options_.id_before) {}

AUDITOR_DECL sandbox_response sandbox::handle(const sandbox_request& request) {
  std::function<void(const sandbox_request&)> watcher;
  {
    const std::lock_guard lock(mutex_);
    watcher = watcher_;
  }
  if (watcher) watcher(request);
  const std::lock_guard lock(mutex_);
  return answer(request);
}

AUDITOR_DECL sandbox_response sandbox::handle(detail::borrowed_text method, detail::borrowed_text target,
                                              detail::borrowed_text content_type, detail::borrowed_text body) {
  return handle({method, target, content_type, body});
}

AUDITOR_DECL void sandbox::pass_time(std::function<void(std::chrono::milliseconds)> how) {
  const std::lock_guard lock(mutex_);
  pass_time_ = std::move(how);
}

AUDITOR_DECL void sandbox::wait(std::chrono::milliseconds time) {
  std::function<void(std::chrono::milliseconds)> how;
  {
    const std::lock_guard lock(mutex_);
    how = pass_time_;
  }
  if (how && time > time.zero()) how(time);
}

AUDITOR_DECL bool sandbox::must_wait(const sandbox_request& request) const {
  const std::lock_guard lock(mutex_);
  if (refused_ != 0 || lost_before_ != 0 || !scripted_.empty() || !is_starved()) return false;
  return detail::sandboxed::to_route(request.method, path_of(request)) != route::none || asks_database(request);
}

AUDITOR_DECL bool sandbox::reads_body(const sandbox_request& request) const {
  using namespace detail::sandboxed;
  const std::lock_guard lock(mutex_);
  if (refused_ != 0 || lost_before_ != 0 || !scripted_.empty()) return true;
  const route which = to_route(request.method, path_of(request));
  return is_write(which) && !denied_[static_cast<std::size_t>(which)] && media_type(request.content_type).is_json() &&
         request.body.size() + request.unread_length <= options_.body_limit;
}

AUDITOR_DECL bool sandbox::asks_database(const sandbox_request& request) {
  using namespace detail::sandboxed;
  const std::string path = path_of(request);
  if (request.method != "GET") return false;
  return path == "/health_check" || (is_one_record(path) && !refuse_name(id_of(path)));
}

AUDITOR_DECL std::vector<record> sandbox::records() const {
  const std::lock_guard lock(mutex_);
  std::vector<record> all;
  for (const auto& row : table_.all()) all.push_back(detail::sandboxed::to_record(*row));
  return all;
}

AUDITOR_DECL std::optional<record> sandbox::find(detail::borrowed_text id) const {
  const std::lock_guard lock(mutex_);
  const auto row = table_.find(std::string(std::string_view(id)));
  if (row == nullptr) return std::nullopt;
  return detail::sandboxed::to_record(*row);
}

AUDITOR_DECL std::size_t sandbox::size() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

AUDITOR_DECL void sandbox::store(const record& r) {
  using namespace detail::sandboxed;
  row to;
  to.record_id = r.record_id;
  to.meta.emplace();
  for (const meta_entry& entry : r.meta) (*to.meta)[entry.name] = entry.values;
  for (const component& c : r.components) {
    to.components.push_back({c.name, c.amount, {}});
    for (const score& s : c.scores) to.components.back().scores.push_back({s.name, s.value});
  }
  to.start_time = r.start_time.time_since_epoch().count();
  if (r.stop_time) to.stop_time = r.stop_time->time_since_epoch().count();
  to.runtime = r.runtime;
  if (to.stop_time && !to.runtime) to.runtime = runtime_of(to_moment(to.start_time), to_moment(*to.stop_time));
  const std::lock_guard lock(mutex_);
  table_.put(std::move(to));
}

AUDITOR_DECL std::size_t sandbox::archive(timestamp before) {
  const std::lock_guard lock(mutex_);
  return table_.erase_stopped_before(before.time_since_epoch().count());
}

AUDITOR_DECL std::vector<sandbox_change> sandbox::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

AUDITOR_DECL std::size_t sandbox::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

AUDITOR_DECL std::size_t sandbox::requests(route which) const {
  const std::lock_guard lock(mutex_);
  return requests_by_route_[static_cast<std::size_t>(which)];
}

AUDITOR_DECL void sandbox::database_down(bool down) {
  const std::lock_guard lock(mutex_);
  database_down_ = down;
}

AUDITOR_DECL void sandbox::hold_connections(std::size_t count) {
  const std::lock_guard lock(mutex_);
  held_ = count;
}

AUDITOR_DECL void sandbox::terminate_backends(int times, std::size_t after_records) {
  const std::lock_guard lock(mutex_);
  terminated_ = {after_records, times};
}

AUDITOR_DECL void sandbox::time_out_locks(std::chrono::milliseconds after, int times) {
  const std::lock_guard lock(mutex_);
  locked_ = {after, {0, times}};
}

AUDITOR_DECL void sandbox::time_out_scans(std::chrono::milliseconds after, std::size_t after_records, int times) {
  const std::lock_guard lock(mutex_);
  slow_ = {after, {after_records, times}};
}

AUDITOR_DECL void sandbox::revoke_select(bool revoked) {
  const std::lock_guard lock(mutex_);
  revoked_ = revoked;
}

AUDITOR_DECL void sandbox::cut_streams(std::size_t after_records, int times) {
  const std::lock_guard lock(mutex_);
  cut_ = {after_records, times};
}

AUDITOR_DECL void sandbox::lose_streams(std::size_t after_records, int times) {
  const std::lock_guard lock(mutex_);
  lose_ = {after_records, times};
}

AUDITOR_DECL void sandbox::commit_then_lose(int times) {
  const std::lock_guard lock(mutex_);
  lost_after_ = times;
}

AUDITOR_DECL void sandbox::lose_requests(int times) {
  const std::lock_guard lock(mutex_);
  lost_before_ = times;
}

AUDITOR_DECL void sandbox::refuse_connections(int times) {
  {
    const std::lock_guard lock(mutex_);
    refused_ = times;
  }
  tell_gates(times);
}

AUDITOR_DECL void sandbox::answer_next(int status, detail::owned_text body, sandbox_headers headers, int times) {
  const std::lock_guard lock(mutex_);
  scripted_.push_back({status, std::move(body).take(), std::move(headers), times});
}

AUDITOR_DECL void sandbox::deny(route which, bool denied) {
  const std::lock_guard lock(mutex_);
  denied_[static_cast<std::size_t>(which)] = denied;
}

AUDITOR_DECL void sandbox::restrict_meta(std::map<std::string, std::vector<std::string>> share) {
  const std::lock_guard lock(mutex_);
  share_ = std::move(share);
}

AUDITOR_DECL void sandbox::watch(std::function<void(const sandbox_request&)> watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}

AUDITOR_DECL void sandbox::heal() {
  forget_faults();
  tell_gates(0);
}

AUDITOR_DECL void sandbox::add_gate(const std::shared_ptr<gate>& added) {
  const std::lock_guard lock(mutex_);
  std::erase_if(gates_, [](const auto& known) { return known.expired(); });
  gates_.push_back(added);
}

AUDITOR_DECL void sandbox::forget_faults() {
  const std::lock_guard lock(mutex_);
  database_down_ = revoked_ = false;
  held_ = 0;
  cut_ = lose_ = terminated_ = {};
  locked_ = slow_ = {};
  lost_after_ = lost_before_ = refused_ = 0;
  scripted_.clear();
  denied_ = {};
  share_.clear();
}

AUDITOR_DECL void sandbox::tell_gates(int refused) {
  std::vector<std::shared_ptr<gate>> told;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& known : gates_)
      if (auto owned = known.lock()) told.push_back(std::move(owned));
  }
  for (const auto& each : told) (*each)(refused);
}

AUDITOR_DECL bool sandbox::spend(int& times) noexcept {
  if (times == 0) return false;
  if (times > 0) --times;
  return true;
}

AUDITOR_DECL bool sandbox::is_starved() const noexcept {
  return database_down_ || held_ >= options_.connections || *in_use_ >= options_.connections - held_;
}

AUDITOR_DECL std::shared_ptr<void> sandbox::take_connection() {
  ++*in_use_;
  return {nullptr, [pool = in_use_](void*) { --*pool; }};
}

AUDITOR_DECL std::optional<sandbox::query_failure> sandbox::fail(query_kind kind) {
  if (is_starved()) return query_failure{"pool timed out while waiting for an open connection"};
  if (spend(locked_.what.times))
    return query_failure{"error returned from database: canceling statement due to lock timeout", locked_.after};
  if (revoked_ && kind != query_kind::write)
    return query_failure{"error returned from database: permission denied for table auditor_accounting"};
  if (spend(terminated_.times))
    return query_failure{"error returned from database: terminating connection due to administrator command",
                         std::chrono::milliseconds{0}, terminated_.after_records};
  if (kind == query_kind::scan && spend(slow_.what.times))
    return query_failure{"error returned from database: canceling statement due to statement timeout", slow_.after,
                         slow_.what.after_records};
  return std::nullopt;
}

AUDITOR_DECL sandbox_response sandbox::paused(sandbox_response r, std::chrono::milliseconds pause) {
  r.pause = pause;
  return r;
}

AUDITOR_DECL std::string sandbox::path_of(const sandbox_request& request) {
  using namespace detail::sandboxed;
  const std::string_view whole = to_path_and_query(request.target).value_or(std::string_view());
  return percent_decode(whole.substr(0, whole.find('?')), "%/+");
}

AUDITOR_DECL bool sandbox::is_one_record(std::string_view path) {
  constexpr std::string_view one = "/record/";
  return path.size() > one.size() && path.starts_with(one) && path.find('/', one.size()) == std::string_view::npos;
}

AUDITOR_DECL std::string sandbox::id_of(std::string_view path) {
  return detail::sandboxed::percent_decode(path.substr(path.rfind('/') + 1));
}

AUDITOR_DECL bool sandbox::is_write(route which) noexcept {
  return which == route::post_record || which == route::post_records || which == route::put_record;
}

AUDITOR_DECL sandbox_response sandbox::answer(const sandbox_request& request) {
  using namespace detail::sandboxed;
  const auto taken = to_path_and_query(request.target);
  const std::string_view whole = taken.value_or(std::string_view());
  const std::size_t mark = whole.find('?');
  const std::string_view query = mark == std::string_view::npos ? std::string_view() : whole.substr(mark + 1);
  const std::string path = path_of(request);
  const route which = to_route(request.method, path);

  if (spend(refused_)) return undelivered(sandbox_response::fate::refused);
  ++requests_;
  ++requests_by_route_[static_cast<std::size_t>(which)];
  if (spend(lost_before_)) return undelivered(sandbox_response::fate::lost);
  while (!scripted_.empty() && scripted_.front().times == 0) scripted_.pop_front();
  if (!scripted_.empty()) {
    scripted_answer& script = scripted_.front();
    spend(script.times);
    sandbox_response r = reply(script.status, script.body);
    r.headers = script.headers;
    return r;
  }

  if (!taken) return reply(400);
  if (denied_[static_cast<std::size_t>(which)]) return reply(403, "Insufficient permissions", plain_text);
  sandbox_response r = serve(request, which, path, query);
  if (is_write(which) && spend(lost_after_)) return undelivered(sandbox_response::fate::lost);
  return r;
}

AUDITOR_DECL sandbox_response sandbox::serve(const sandbox_request& request, route which, const std::string& path,
                                             std::string_view query) {
  using namespace detail::sandboxed;
  switch (which) {
    case route::health_check: return reply(is_starved() ? 500 : 200);
    case route::post_record:
    case route::post_records:
    case route::put_record: return write(request, which);
    case route::get_records: return list(query);
    case route::none: break;
  }
  if (path == "/record") return not_allowed("POST, PUT");
  if (path == "/records") return not_allowed("POST, GET");
  if (request.method != "GET") return not_found();
  if (path == "/metrics") return reply(200, metrics(), "text/plain; version=0.0.4");
  if (is_one_record(path)) return find_one(id_of(path));
  return not_found();
}

AUDITOR_DECL sandbox_response sandbox::write(const sandbox_request& request, route which) {
  using namespace detail::sandboxed;
  if (!media_type(request.content_type).is_json()) return reply(400, "Content type error", plain_text);
  if (!request.unreadable_body.empty())
    return reply(400, "Error that occur during reading payload: " + std::string(request.unreadable_body), plain_text);
  if (const std::uint64_t length = request.body.size() + request.unread_length; length > options_.body_limit) {
    const std::string limit = std::to_string(options_.body_limit);
    return reply(413,
                 request.length_known ? "JSON payload (" + std::to_string(length) +
                                            " bytes) is larger than allowed (limit: " + limit + " bytes)."
                                      : "JSON payload has exceeded limit (" + limit + " bytes).",
                 plain_text);
  }
  try {
    body_reader reader(request.body);
    if (which == route::put_record) return update(reader.read_update());
    if (which == route::post_records) return add(reader.read_adds(), "One or more records already exist");
    std::vector<sent_record> one;
    one.push_back(reader.read_add());
    return add(std::move(one), "Record already exists");
  } catch (const complaint& c) {
    return reply(400, "Json deserialize error: " + c.text(request.body), plain_text);
  }
}

AUDITOR_DECL sandbox_response sandbox::add(std::vector<detail::sandboxed::sent_record> batch, std::string_view warning) {
  using namespace detail::sandboxed;
  if (const auto failure = fail(query_kind::write)) return paused(reply(500, "UNEXPECTED_ERROR"), failure->after);
  // The database reads the whole statement before it looks at a single id, and goes through the ids in order.
  std::vector<row> rows;
  for (sent_record& r : batch) {
    const auto start = to_stored(*r.start_time);
    const auto stop = r.stop_time ? to_stored(*r.stop_time) : std::optional<stored_time>();
    if (is_poison(r) || !start || (r.stop_time && !stop)) return reply(500, "UNEXPECTED_ERROR");
    row to;
    to.record_id = std::move(r.record_id);
    to.meta = std::move(r.meta);
    to.components = std::move(r.components);
    to.start_time = *start;
    to.stop_time = stop;
    if (r.stop_time) to.runtime = runtime_of(*r.start_time, *r.stop_time);
    rows.push_back(std::move(to));
  }
  std::map<std::string_view, bool> seen;
  for (const row& r : rows) {
    if (is_too_long_for_index(r.record_id)) return reply(500, "UNEXPECTED_ERROR");
    if (!table_.contains(r.record_id) && seen.emplace(r.record_id, true).second) continue;
    if (!options_.ignore_record_exists_error) return reply(500, "RECORD_EXISTS");
    return reply(200,
                 "{\"warning\":\"" + std::string(warning) + ", but the error was ignored due to AUDITOR configuration.\"}",
                 json);
  }
  for (row& r : rows) {
    note(sandbox_change::what::insert, r);
    table_.put(std::move(r));
  }
  return reply(200);
}

AUDITOR_DECL sandbox_response sandbox::update(const detail::sandboxed::sent_record& r) {
  using namespace detail::sandboxed;
  const auto refuse = [](std::string_view words) { return reply(500, std::string(words), plain_text); };
  if (const auto failure = fail(query_kind::write)) return paused(refuse(failure->words), failure->after);
  if (is_poison(r.record_id))
    return refuse("error returned from database: invalid byte sequence for encoding \"UTF8\": 0x00");
  const row_ref known = table_.find(r.record_id);
  if (known == nullptr) return reply(404, "Updating unknown record " + r.record_id + " not possible.", plain_text);
  const auto stop = to_stored(*r.stop_time);
  if (!stop) return refuse("error returned from database: timestamp out of range");
  row to = *known;
  to.stop_time = stop;
  to.runtime = runtime_of(to_moment(to.start_time), *r.stop_time);
  note(sandbox_change::what::update, to);
  table_.put(std::move(to));
  return reply(200);
}

AUDITOR_DECL void sandbox::note(sandbox_change::what kind, const detail::sandboxed::row& r) {
  sandbox_change change{kind, r.record_id, requests_, std::nullopt};
  if (r.stop_time) change.stop_time = timestamp(std::chrono::microseconds(*r.stop_time));
  log_.push_back(std::move(change));
}

AUDITOR_DECL sandbox_response sandbox::list(std::string_view query) {
  using namespace detail::sandboxed;
  filters wanted;
  try {
    wanted = filter_reader().read(query);
  } catch (const query_complaint& c) {
    return reply_error(400, c.words);
  }
  if (!share_.empty() && !keep_to_share(wanted)) return reply(403, "Access denied by RBAC policy", plain_text);

  sandbox_response r = reply(200, {}, json);
  r.is_streamed = true;
  auto rows = table_.select(wanted);
  const std::size_t count = rows.size();
  // The index of ids is enough for one id, and for the first records in its order.
  const bool quick = wanted.record_id || (wanted.sort_by == sort_column::record_id && wanted.limit &&
                                          count == static_cast<std::uint64_t>(*wanted.limit));
  const auto failure = fail(quick ? query_kind::quick_read : query_kind::scan);
  r.body = sandbox_body(std::move(rows), ++shuffle_ << 32);
  if (failure) {
    r.body.shorten(failure->records, false);
    r.pause = failure->after;
    return r;
  }
  r.body.keep(take_connection());
  if (count > cut_.after_records && spend(cut_.times))
    r.body.shorten(cut_.after_records, false);
  else if (count > lose_.after_records && spend(lose_.times))
    r.body.shorten(lose_.after_records, true);
  return r;
}

AUDITOR_DECL bool sandbox::keep_to_share(detail::sandboxed::filters& wanted) const {
  const auto allowed = [this](const std::string& name, const std::vector<std::string>& values) {
    const auto entry = share_.find(name);
    return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
      return entry != share_.end() && std::find(entry->second.begin(), entry->second.end(), value) != entry->second.end();
    });
  };
  for (const auto& [name, filter] : wanted.meta)
    if (!allowed(name, filter.contains) || !allowed(name, filter.lacks)) return false;
  if (wanted.meta.empty())
    for (const auto& [name, values] : share_) wanted.meta[name].contains = values;
  return true;
}

AUDITOR_DECL sandbox_response sandbox::find_one(const std::string& id) {
  using namespace detail::sandboxed;
  if (refuse_name(id)) return reply(200, "null", json);
  const auto failure = fail(query_kind::quick_read);
  const row_ref row = failure ? nullptr : table_.find(id);
  if (row == nullptr || !print_components(*row))
    return paused(reply_error(500, "A database error was encountered while trying to get a record from the database"),
                  failure ? failure->after : std::chrono::milliseconds{0});
  return reply(200, print_row(*row, ++shuffle_ << 32), json);
}

AUDITOR_DECL std::string sandbox::metrics() const {
  return "# HELP num_records_database Number of records in the Auditor database\n"
         "# TYPE num_records_database gauge\n"
         "num_records_database " +
         std::to_string(table_.size()) + "\n";
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
