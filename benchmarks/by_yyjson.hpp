// Records by yyjson, into lists that have their memory at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>

#include <yyjson.h>

#include <cstddef>
#include <string_view>

namespace benchmarks {

inline std::string_view text_of(yyjson_val* json) { return {yyjson_get_str(json), yyjson_get_len(json)}; }
// Members may come in any order; in that of the server they are found at once.
inline auditor::record record_of(yyjson_val* json) {
  auditor::record r;
  yyjson_obj_iter fields = yyjson_obj_iter_with(json);
  r.record_id.assign(text_of(yyjson_obj_iter_get(&fields, "record_id")));
  yyjson_val *const meta = yyjson_obj_iter_get(&fields, "meta"), *name = nullptr;
  r.meta.entries().reserve(yyjson_obj_size(meta));
  yyjson_obj_iter names = yyjson_obj_iter_with(meta);
  while ((name = yyjson_obj_iter_next(&names)) != nullptr) {
    auditor::meta_entry& entry = r.meta.entries().emplace_back();
    entry.name.assign(text_of(name));
    std::size_t i = 0, count = 0;
    yyjson_val *value = nullptr, *const values = yyjson_obj_iter_get_val(name);
    entry.values.reserve(yyjson_arr_size(values));
    yyjson_arr_foreach(values, i, count, value) entry.values.emplace_back(text_of(value));
  }
  std::size_t i = 0, count = 0;
  yyjson_val *part = nullptr, *const parts = yyjson_obj_iter_get(&fields, "components");
  r.components.reserve(yyjson_arr_size(parts));
  yyjson_arr_foreach(parts, i, count, part) {
    auditor::component& c = r.components.emplace_back();
    yyjson_obj_iter of = yyjson_obj_iter_with(part);
    c.name.assign(text_of(yyjson_obj_iter_get(&of, "name")));
    c.amount = yyjson_get_sint(yyjson_obj_iter_get(&of, "amount"));
    std::size_t k = 0, all = 0;
    yyjson_val *score = nullptr, *const scores = yyjson_obj_iter_get(&of, "scores");
    c.scores.reserve(yyjson_arr_size(scores));
    yyjson_arr_foreach(scores, k, all, score) {
      yyjson_obj_iter pair = yyjson_obj_iter_with(score);
      auditor::score& s = c.scores.emplace_back();
      s.name.assign(text_of(yyjson_obj_iter_get(&pair, "name")));
      s.value = yyjson_get_num(yyjson_obj_iter_get(&pair, "value"));
    }
  }
  r.start_time = auditor::parse_timestamp(text_of(yyjson_obj_iter_get(&fields, "start_time"))).value();
  yyjson_val* const stop = yyjson_obj_iter_get(&fields, "stop_time");
  if (yyjson_is_str(stop)) r.stop_time = auditor::parse_timestamp(text_of(stop)).value();
  yyjson_val* const runtime = yyjson_obj_iter_get(&fields, "runtime");
  if (yyjson_is_int(runtime)) r.runtime = yyjson_get_sint(runtime);
  return r;
}

}  // namespace benchmarks
