-- What wrk sends: the same GETs in turn. Arguments: the file with a path in each line, the API key.

local paths, number = {}, 0
local threads = {}
refused = 0 -- read from `done`, which runs elsewhere

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    table.insert(paths, line)
  end
  wrk.headers["Authorization"] = "Bearer " .. args[2]
end

function request()
  number = number + 1
  return wrk.format("GET", paths[number % #paths + 1])
end

function response(status)
  if status ~= 200 then
    refused = refused + 1
  end
end

function done(summary, latency, requests)
  local wrong = 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("refused")
  end
  local errors = summary.errors
  io.write(
    string.format(
      'RESULT {"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "refused": %d,'
        .. ' "broken": %d}\n',
      summary.requests,
      summary.duration / 1e6,
      latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3,
      wrong,
      errors.connect + errors.read + errors.write + errors.timeout
    )
  )
end
