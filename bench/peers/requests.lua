-- Sends the requests of a file in turn, and prints the result as JSON.
--
--   wrk -s requests.lua URL -- FILE STRIDE
--
-- The file has a length in bytes on a line before each request. "@@@@@@@@@@" in a request is replaced by a number that no
-- other request has. STRIDE is the distance between the first requests of two threads.

local thread_count = 0

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  requests = {}
  local length = file:read("*l")
  while length do
    requests[#requests + 1] = file:read(tonumber(length))
    length = file:read("*l")
  end
  file:close()
  at = (number * tonumber(arguments[2])) % #requests
  unique = requests[1]:find("@@@@@@@@@@", 1, true) ~= nil
  serial = tonumber(arguments[3]) * 2 + number
end

function request()
  at = at % #requests + 1
  if unique then
    serial = serial + 2
    return (requests[at]:gsub("@@@@@@@@@@", string.format("%010d", serial)))
  end
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
