-- Counts one event in the bucket KEYS[1] and returns 0; where the bucket is full, counts nothing and returns the wait.
-- ARGV[1]: in what time one event drains. ARGV[2]: in what time a full bucket drains. All times are microseconds.
-- The clock is the server's, so that replicas with different clocks agree.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])

-- No bucket is fuller than full: the clock may have gone back, and the limit may have been narrowed.
local drained = tonumber(redis.call('GET', KEYS[1]) or now)
drained = math.min(math.max(drained, now), now + burst)

local wait = drained + interval - burst - now
if wait > 0 then
  return wait
end

drained = drained + interval
redis.call('SET', KEYS[1], string.format('%.0f', drained), 'PX', math.ceil((drained - now) / 1000))
return 0
