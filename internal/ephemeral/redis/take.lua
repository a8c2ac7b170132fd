-- Counts events in the bucket KEYS[1], all or none. Returns the wait until they would pass, 0 where they did, and how many
-- more would pass now.
-- ARGV[1]: in what time one event drains. ARGV[2]: in what time a full bucket drains. All times are microseconds.
-- ARGV[3]: how many events; 0 only asks.
-- The clock is the server's, so that replicas with different clocks agree.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, events = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

-- No bucket is fuller than full: the clock may have gone back, and the limit may have been narrowed.
local drained = tonumber(redis.call('GET', KEYS[1]) or now)
drained = math.min(math.max(drained, now), now + burst)

local left = math.floor((now + burst - drained) / interval)
local wait = drained + events * interval - burst - now
if wait > 0 then
  return {wait, left}
end
if events == 0 then
  return {0, left}
end

drained = drained + events * interval
redis.call('SET', KEYS[1], string.format('%.0f', drained), 'PX', math.ceil((drained - now) / 1000))
return {0, left - events}
