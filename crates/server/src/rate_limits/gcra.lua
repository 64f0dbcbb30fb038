-- One request of one subject, by the generic cell rate algorithm, in one step: nothing comes between reading and writing.
-- KEYS[1]: when the subject's next request is due, in theory, in microseconds of Redis' own clock.
-- ARGV[1]: microseconds after which one request comes back. ARGV[2]: how many may come at once.
-- Answers {1, how many more may come at once}, or {0, microseconds to wait}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local tolerance = interval * (ARGV[2] - 1)
local due = tonumber(redis.call('GET', KEYS[1]) or now)
if due - tolerance > now then
    return { 0, due - tolerance - now }
end
due = math.max(due, now) + interval
-- Once it lies in the past it says nothing any more.
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return { 1, math.floor((now + tolerance + interval - due) / interval) }
