-- What wrk sends: creates that never clash, each for a time of its own and with a key of its own.
--
-- Arguments: the file with the words of the clinic, the number of the first time to book, how many
-- there are, and the file that takes the address of every appointment that was acknowledged.

local clinic, staff, patients = {}, {}, {}
local number, last, answers
local threads = {}
refused, sample = 0, "" -- read from `done`, which runs elsewhere

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    local name, value = line:match("^(%w+) (.+)$")
    if name == "staff" then
      table.insert(staff, value)
    elseif name == "patient" then
      table.insert(patients, value)
    else
      clinic[name] = value
    end
  end
  number = tonumber(args[2])
  last = number + tonumber(args[3])
  answers = assert(io.open(args[4], "w"))
  answers:setvbuf("line") -- nobody closes it at the end
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. clinic.token
  wrk.headers["Content-Type"] = "application/json"
end

-- The free times lie between the booked ones: of three half hours the first is taken.
function request()
  assert(number < last, "no free time is left; book fewer or plant more days")
  local place = math.floor(number / #staff)
  local nth = place % 16
  local half_hour = math.floor(nth / 2) * 3 + 1 + nth % 2
  local start = clinic.opens + math.floor(place / 16) * 86400 + half_hour * 1800
  local body = string.format(
    '{"date":"%s","duration":30,"serviceId":"%s","staffId":"%s","patientId":"%s",'
      .. '"clientTimezone":"Europe/Berlin","notes":"first visit"}',
    os.date("!%Y-%m-%dT%H:%M:%SZ", start),
    clinic.service,
    staff[number % #staff + 1],
    patients[number * 7 % #patients + 1]
  )
  wrk.headers["Idempotency-Key"] = clinic.run .. "-" .. number
  number = number + 1
  return wrk.format(nil, nil, nil, body)
end

function response(status, headers, body)
  if status ~= 201 then
    refused = refused + 1
    sample = status .. " " .. body:sub(1, 300)
  elseif headers["Location"] then
    answers:write(headers["Location"], "\n")
  end
end

function done(summary, latency, requests)
  local wrong, example = 0, ""
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("refused")
    example = thread:get("sample")
  end
  local errors = summary.errors
  io.write(
    string.format(
      'RESULT {"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "slowest": %.3f,'
        .. ' "refused": %d, "broken": %d, "example": "%s"}\n',
      summary.requests,
      summary.duration / 1e6,
      latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3,
      latency.max / 1e3,
      wrong,
      errors.connect + errors.read + errors.write + errors.timeout,
      example:gsub('[%c"\\]', "'")
    )
  )
end
