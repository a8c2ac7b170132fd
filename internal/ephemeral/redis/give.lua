-- Takes back events of the bucket KEYS[1]. A bucket that is empty then goes; where there is none, nothing happens.
-- ARGV[1]: in what time one event drains. ARGV[2]: in what time a full bucket drains. All times are microseconds.
-- ARGV[3]: how many events. The clock is the server's, as in take.lua.
local drained = tonumber(redis.call('GET', KEYS[1]))
if not drained then
  return 0
end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, events = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

-- No bucket is fuller than full, nor emptier than empty.
drained = math.min(drained, now + burst) - events * interval
if drained <= now then
  redis.call('DEL', KEYS[1])
  return 0
end

redis.call('SET', KEYS[1], string.format('%.0f', drained), 'PX', math.ceil((drained - now) / 1000))
return 0
