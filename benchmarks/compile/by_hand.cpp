// The same by hand, on nlohmann/json and libcurl, with as little care as possible. Compiled by tools/bench-compile.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

struct score {
  std::string name;
  double value;
};
struct component {
  std::string name;
  std::int64_t amount;
  std::vector<score> scores;
};
struct record {
  std::string record_id;
  std::map<std::string, std::vector<std::string>> meta;
  std::vector<component> components;
  std::string start_time;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(score, name, value)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(component, name, amount, scores)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(record, record_id, meta, components, start_time)

std::size_t keep(char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

long request(const std::string& url, const std::string* body, std::string& answer) {
  CURL* easy = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  if (body != nullptr) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  }
  long status = 0;
  if (curl_easy_perform(easy) == CURLE_OK) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return status;
}

int main() {
  const record job{"job-1", {{"site", {"site-1"}}}, {{"Cores", 8, {{"HEPSPEC06", 9.2}}}}, "2024-03-01T00:00:00Z"};
  const std::string body = nlohmann::json(job).dump();
  std::string answer;
  if (request("http://localhost:8000/record", &body, answer) != 200) return 1;
  answer.clear();
  if (request("http://localhost:8000/records?start_time[gte]=2024-03-01T00:00:00Z", nullptr, answer) != 200) return 1;
  try {
    for (const record& r : nlohmann::json::parse(answer).get<std::vector<record>>()) std::puts(r.record_id.c_str());
  } catch (const nlohmann::json::exception& e) {
    std::puts(e.what());
    return 1;
  }
}
