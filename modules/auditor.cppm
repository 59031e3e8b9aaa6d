// `import auditor;`: what <auditor/auditor.hpp> has, and the headers of ext/ that need no other library, over these headers themselves.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A program may include headers of the library too, as auditor/transport/curl.hpp: their types are the same ones. Macros are not
// exported. Each public name stands here; tools/check-module finds those that are forgotten.

module;

#include <auditor/auditor.hpp>
#include <auditor/ext/error_code.hpp>
#include <auditor/ext/format.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/transport/any.hpp>

export module auditor;

export namespace auditor {

using auditor::add_options;
using auditor::any_async_client;
using auditor::any_async_transport;
using auditor::any_client;
using auditor::any_transport;
using auditor::append_percent_encoded;
using auditor::append_query_key;
using auditor::append_utf8;
using auditor::ascending;
using auditor::assign;
using auditor::async_executor;
using auditor::async_record_stream;
using auditor::async_transport;
using auditor::attempt_event;
using auditor::attempt_observer;
using auditor::blocking_executor;
using auditor::builtin_codec;
using auditor::bulk_insert_options;
using auditor::bulk_report;
using auditor::bulk_update_options;
using auditor::call;
using auditor::call_options;
using auditor::callback;
using auditor::cancel_flag;
using auditor::check;
using auditor::client;
using auditor::commit_result;
using auditor::compare_records;
using auditor::completeness;
using auditor::completion;
using auditor::component;
using auditor::component_view;
using auditor::contains;
using auditor::count_code_points;
using auditor::decode_record;
using auditor::delivery;
using auditor::descending;
using auditor::difference;
using auditor::does_not_contain;
using auditor::earliest_timestamp;
using auditor::empty_answer_limits;
using auditor::encode_record;
using auditor::encoded_size;
using auditor::environment;
using auditor::equals;
using auditor::errc;
using auditor::error;
using auditor::error_category;
using auditor::exchange;
using auditor::explain;
using auditor::failure;
using auditor::field;
using auditor::function_transport;
using auditor::gt;
using auditor::gte;
using auditor::header;
using auditor::is_blank;
using auditor::is_utf8;
using auditor::judged_answer;
using auditor::largest_body;
using auditor::largest_score;
using auditor::latest_timestamp;
using auditor::longest_name;
using auditor::longest_query;
using auditor::lt;
using auditor::lte;
using auditor::make_error_code;
using auditor::message;
using auditor::meta;
using auditor::meta_dialect;
using auditor::meta_entry;
using auditor::meta_values;
using auditor::meta_view;
using auditor::next_action;
using auditor::on_duplicate;
using auditor::operation;
using auditor::operator<<;
using auditor::optional_ticks;
using auditor::options;
using auditor::order;
using auditor::outcome;
using auditor::panic_hook;
using auditor::parse_timestamp;
using auditor::pending;
using auditor::pending_drain;
using auditor::progress_callback;
using auditor::proof;
using auditor::query;
using auditor::read_options;
using auditor::read_summary;
using auditor::receipt;
using auditor::record;
using auditor::record_codec;
using auditor::record_comparison;
using auditor::record_list;
using auditor::record_match;
using auditor::record_outcome;
using auditor::record_range;
using auditor::record_reader;
using auditor::record_storage;
using auditor::record_stream;
using auditor::record_view;
using auditor::record_visitor;
using auditor::repeat_rule;
using auditor::request_kind;
using auditor::request_view;
using auditor::response_head;
using auditor::result;
using auditor::retry_policy;
using auditor::route;
using auditor::same_score;
using auditor::score;
using auditor::score_view;
using auditor::server_memory;
using auditor::set_panic_hook;
using auditor::setting_text;
using auditor::step;
using auditor::this_thread;
using auditor::ticks;
using auditor::timestamp;
using auditor::timestamp_capacity;
using auditor::to_record;
using auditor::to_string;
using auditor::transport;
using auditor::unreadable_callback;
using auditor::unset_timestamp;
using auditor::use_future;
using auditor::use_future_t;
using auditor::use_pending;
using auditor::use_pending_t;
using auditor::valid_utf8_prefix;
using auditor::validate;
using auditor::validate_name;
using auditor::validate_update;
using auditor::verb;
using auditor::view_list;
using auditor::whole_response;
using auditor::write_timestamp;

}  // namespace auditor
