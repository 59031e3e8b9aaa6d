-- The same as adds.cpp by the load generator wrk, for tools/bench-live: wrk -t1 ... -s wrk_adds.lua URL -- PREFIX
-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- It says at its end: how many answers came and requests were made, the seconds, the seconds of CPU, the failures.

local body = '{"record_id":"@","meta":{"site_id":["site-1.example.org"],"user_id":["%2FDC=org%2FDC=example'
  .. '%2FOU=Organic Units%2FOU=Users%2FCN=atlas-pilot-0001%2FCN=Robot: production"]},'
  .. '"components":[{"name":"Cores","amount":8,"scores":[{"name":"HEPSPEC06","value":9.2}]},'
  .. '{"name":"Memory","amount":16000,"scores":[{"name":"MemoryFactor","value":1.5}]}],'
  .. '"start_time":"2024-01-01T00:00:00Z","stop_time":"2024-01-01T03:00:00Z"}'

local threads = {}
function setup(thread) table.insert(threads, thread) end

local before, after
made = 0

-- All but the number is made only once, so that the script costs next to nothing.
function init(arguments)
  local request = wrk.format("POST", "/record", {["Content-Type"] = "application/json", ["Host"] = wrk.headers["Host"]},
    (body:gsub("@", arguments[1] .. "-########")))
  local from, to = request:find("########", 1, true)
  before, after = request:sub(1, from - 1), request:sub(to + 1)
end

function request()
  made = made + 1
  return before .. string.format("%08d", made) .. after
end

-- Requests that were under way when the time was up may or may not be stored.
function done(summary)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("adds: %d %d %.6f %.6f %d", summary.requests, threads[1]:get("made"), summary.duration / 1e6,
    os.clock(), failures))
end
