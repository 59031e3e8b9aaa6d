// The core in one include: records, their JSON, queries and the client. It needs nothing but the standard library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/requirements.hpp>
#ifdef AUDITOR_FROM_INCLUDE  // else it has been said what is wrong

#include <auditor/config.hpp>
#include <auditor/version.hpp>

#include <auditor/base/callback.hpp>
#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>
#include <auditor/base/name.hpp>
#include <auditor/base/panic.hpp>
#include <auditor/base/percent.hpp>
#include <auditor/base/result.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/base/utf8.hpp>

#include <auditor/model/component.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/model/meta.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/model/score.hpp>
#include <auditor/model/validate.hpp>

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/json/record_reader.hpp>
#include <auditor/json/wanted_fields.hpp>

#include <auditor/query/bounds.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/query.hpp>
#include <auditor/query/raw_query.hpp>

#include <auditor/http/async_transport.hpp>
#include <auditor/http/call.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/http/request.hpp>
#include <auditor/http/transport.hpp>

#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/bulk_insert.hpp>
#include <auditor/operation/collect.hpp>
#include <auditor/operation/find.hpp>
#include <auditor/operation/for_each.hpp>
#include <auditor/operation/health_check.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/operation/receipt.hpp>
#include <auditor/operation/update.hpp>

#include <auditor/exchange/exchange.hpp>

#include <auditor/client/client.hpp>
#include <auditor/client/explain.hpp>
#include <auditor/client/pending.hpp>
#include <auditor/client/record_stream.hpp>

// What a first program needs besides: the default executor, printing, and a transport made of a function.
#include <auditor/executor/this_thread.hpp>
#include <auditor/ext/ostream.hpp>
#include <auditor/transport/function.hpp>

#endif
