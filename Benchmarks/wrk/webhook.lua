-- Posts Updates of 500 bytes, each with an update id that was never there before. Each thread has 4,096 of them with
-- different chats, made beforehand but for the id, so that the generator costs next to nothing. The secret comes with wrk's -H. The result is one line of JSON.
-- With "-- FIRST COUNT SKIP" behind the URL the Updates go to COUNT bots in turn, from bot_FIRST on, at the URL's host;
-- each thread begins SKIP bots later.

local thread_count = 0
-- What stands before and behind the update id.
local heads, tails = {}, {}
local position = 0
-- 16 digits: the time, the thread, a count.
local id

function setup(thread)
   thread:set("number", thread_count)
   thread_count = thread_count + 1
end

function init(arguments)
   local shape = '{"update_id":%.0f,"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Ada",'
      .. '"language_code":"en"},"chat":{"id":%d,"first_name":"Ada","type":"private"},"date":1700000000,"text":"%s"}}'
   wrk.headers["Content-Type"] = "application/json"
   id = 1e15 + (os.time() % 1e5) * 1e10 + number * 1e9
   local first, bots, skip = tonumber(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3])
   for i = 1, bots or 4096 do
      local chat = 5000000000 + (i * 7919) % 1000
      local bare = string.format(shape, id, i, chat, chat, "")
      local body = string.format(shape, id, i, chat, chat, string.rep("x", 500 - #bare))
      -- The threads begin half a round apart.
      local path = first and "/webhook/bot_" .. first + (skip + i + number * math.floor(bots / 2)) % bots
      local text = wrk.format("POST", path or nil, nil, body)
      local digits = string.format("%.0f", id)
      local from = text:find(digits, 1, true)
      heads[i], tails[i] = text:sub(1, from - 1), text:sub(from + #digits)
   end
end

function request()
   position = position % #heads + 1
   id = id + 1
   return heads[position] .. string.format("%.0f", id) .. tails[position]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"microseconds":%d,"p50":%.1f,"p99":%.1f,"longest":%.1f,"refused":%d,"failed":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
