"""The steps that Valkey does at once, in Lua: nobody sees or does anything in between.

All keys begin with the engine's prefix, `p` in the scripts:

- `turn:{turn}`, a hash: chat, parent, question, status, writer (a process), last (the number
  of its newest event), size (bytes), chars and sha256 (of the reply so far), summary (at its end)
- `log:{turn}`, a stream: an event is an entry; its number N is the id N-0; its one field is named
  as the event's type, and has its data: text, or the summary as JSON
- `message:{turn}`, `reasoning:{turn}`, strings: the text so far, for those who do not read the log
- `chat:{chat}`, a sorted set: its turns by the time at which they began
- `live`, a sorted set: the turns being written, by the time at which their lease runs out
- `kept`, a sorted set: the finished turns, each as "{turn} {size}", by the time of their end
- `bytes`, a number: the sum of those sizes
- `swept`, a time: when somebody last looked for leases that have run out
- `inbox:{process}`, a stream: the turns of a process that have been finished for it

Times are microseconds on the server's clock, the only one that all processes share. A lease and
an age are milliseconds.

Each step can be sent twice, as it is when its answer was lost: the second time changes nothing.
"""

import hashlib

NOTHING = hashlib.sha256().hexdigest()


class Script:
    """A script, and the name by which a server that has seen it runs it."""

    def __init__(self, *parts: str) -> None:
        self.text = "".join(parts)
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()


# What all begin with.
HEAD = """
local p = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""

# How a turn stands now; false if there is none. Its question has a name of its own: `message`
# is a type of events.
STATE = """
local function state(id)
  local found = redis.call('HMGET', p..'turn:'..id,
    'chat', 'parent', 'question', 'status', 'last', 'summary')
  if not found[1] then return false end
  found[7] = redis.call('GET', p..'message:'..id) or ''
  found[8] = redis.call('GET', p..'reasoning:'..id) or ''
  found[9] = id
  return found
end
"""

# Write the terminal event, from what the last append has said of the reply so far.
FINISH_TURN = """
local function finish(id, status, message, said)
  local turn = p..'turn:'..id
  local last, chars, sha = unpack(redis.call('HMGET', turn, 'last', 'chars', 'sha256'))
  local name = 'end'
  local summary = string.format(
    '"status":"%s","events":%s,"chars":%s,"sha256":"%s"', status, last, chars, sha)
  if status == 'failed' then
    name, summary = 'failure', '"message":'..message..','..summary
  end
  if said ~= '' then summary = summary..',"finish":'..said end
  summary = '{'..summary..'}'
  redis.call('XADD', p..'log:'..id, (last + 1)..'-0', name, summary)
  -- From here on, nobody can append to it: the status is what APPEND looks at.
  redis.call('HSET', turn, 'status', status, 'last', last + 1, 'summary', summary)
  redis.call('HINCRBY', turn, 'size', #summary)
  redis.call('ZREM', p..'live', id)
  return {last + 1, name, summary}
end

local function keep(id, age)                   -- among the finished ones, for so long
  local turn = p..'turn:'..id
  local size = redis.call('HGET', turn, 'size')
  redis.call('ZADD', p..'kept', now, id..' '..size)
  redis.call('INCRBY', p..'bytes', size)
  for _, part in ipairs({'log:', 'message:', 'reasoning:'}) do
    redis.call('PEXPIRE', p..part..id, age + 10000)  -- who reads it now may read to its end
  end
  redis.call('PEXPIRE', turn, age)             -- without this one, nobody finds it
end
"""

# Tell the process that writes a turn that it has been finished, unless that is who does it.
TELL = """
local function tell(id, status, from)
  local writer = redis.call('HGET', p..'turn:'..id, 'writer')
  if writer == from then return end
  redis.call('XADD', p..'inbox:'..writer, 'MAXLEN', '~', 1000, '*', id, status)
  redis.call('EXPIRE', p..'inbox:'..writer, 60)  -- in case that it is gone for good
end
"""

# Let go of the finished turns that are too old, and of the oldest, while there are too many.
FORGET = """
local function drop(member)
  local id, size = string.match(member, '^(%S+) (%d+)$')
  local chat = redis.call('HGET', p..'turn:'..id, 'chat')
  if chat then redis.call('ZREM', p..'chat:'..chat, id) end
  redis.call('ZREM', p..'kept', member)
  redis.call('DECRBY', p..'bytes', size)
  redis.call('DEL', p..'turn:'..id)
  for _, part in ipairs({'log:', 'message:', 'reasoning:'}) do
    redis.call('EXPIRE', p..part..id, 10)      -- who reads it now may read to its end
  end
end

local function forget(age, count, bytes)
  local old = redis.call('ZRANGEBYSCORE', p..'kept', '-inf', now - age * 1000)
  for _, member in ipairs(old) do drop(member) end
  local many = redis.call('ZCARD', p..'kept') - count
  local large = tonumber(redis.call('GET', p..'bytes') or 0) - bytes
  while many > 0 or large > 0 do
    local oldest = redis.call('ZRANGE', p..'kept', 0, 0)[1]
    if not oldest then break end
    drop(oldest)
    many, large = many - 1, large - string.match(oldest, '(%d+)$')
  end
end
"""

# The newest turn of a chat; or nothing, and why it has no room for another, and how many there are.
ROOM = """
local function room(chat, max_live, chat_bytes, chat_live)
  local live = redis.call('ZCARD', p..'live')
  if live >= tonumber(max_live) then return nil, {'live', live} end
  local bytes, writing, newest = 0, 0, ''
  for _, other in ipairs(redis.call('ZRANGE', p..'chat:'..chat, 0, -1)) do
    local found = redis.call('HMGET', p..'turn:'..other, 'status', 'size')
    if not found[1] then
      redis.call('ZREM', p..'chat:'..chat, other)  -- its time was over
    else
      bytes, newest = bytes + found[2], other
      if found[1] == 'streaming' then writing = writing + 1 end
    end
  end
  if bytes > tonumber(chat_bytes) then return nil, {'chat_bytes', chat_bytes} end
  if writing >= tonumber(chat_live) then return nil, {'chat_live', writing} end
  return newest
end
"""

# -> the time, on the server's clock
NOW = Script(HEAD, "return now")

# turn, chat ('': the parent's, or `new`), parent ('': none; '*': the newest), question, size,
# sha256 (of nothing), writer, new, lease, age, kept, kept_bytes, live, chat_bytes, chat_live,
# deadline (a time) -> 'said', chat, parent; or why not, and how many there are
SAY = Script(
    HEAD,
    FORGET,
    ROOM,
    """
local id, chat, parent, question, size, sha, writer, new, lease = unpack(ARGV)
local age, kept, kept_bytes, live, chat_bytes, chat_live, deadline = unpack(ARGV, 10)
local before = redis.call('HMGET', p..'turn:'..id, 'chat', 'parent')
if before[1] then return {'said', before[1], before[2]} end  -- the answer was lost
if now > tonumber(deadline) then return {'late', 0} end  -- whoever asked has been refused
forget(age, kept, kept_bytes)
if parent ~= '' and parent ~= '*' then
  local of = redis.call('HGET', p..'turn:'..parent, 'chat')
  if not of then return {'unknown', 0} end
  if chat ~= '' and chat ~= of then return {'other', 0} end
  chat = of
end
local newest, full = room(chat, live, chat_bytes, chat_live)
if full then return full end
if parent == '*' then parent = newest end
if chat == '' then chat = new end
redis.call('HSET', p..'turn:'..id, 'chat', chat, 'parent', parent, 'question', question,
  'status', 'streaming', 'writer', writer, 'size', size, 'last', 0, 'chars', 0, 'sha256', sha)
redis.call('ZADD', p..'chat:'..chat, now, id)
redis.call('PEXPIRE', p..'chat:'..chat, age + 86400000)  -- longer than a reply and its age
redis.call('ZADD', p..'live', now + lease * 1000, id)
return {'said', chat, parent}
""",
)

# turn, number of the first event, size, chars, sha256 (of the reply with these), then of each
# event its type and text -> the status of the turn: 'streaming' if they are in its log
APPEND = Script(
    HEAD,
    """
local id, first, size, chars, sha = unpack(ARGV, 1, 5)
local turn = p..'turn:'..id
local status = redis.call('HGET', turn, 'status')
if status ~= 'streaming' then return status end  -- it has had its end: nothing comes after that
local last = tonumber(redis.call('HGET', turn, 'last'))
if last >= tonumber(first) then return 'streaming' end  -- they are in it: the answer was lost
if last < first - 1 then return 'failed' end   -- the server has lost events: a log has no gap
for i = 6, #ARGV, 2 do
  last = last + 1
  redis.call('XADD', p..'log:'..id, last..'-0', ARGV[i], ARGV[i + 1])
  redis.call('APPEND', p..ARGV[i]..':'..id, ARGV[i + 1])
end
redis.call('HSET', turn, 'last', last, 'size', size, 'chars', chars, 'sha256', sha)
return 'streaming'
""",
)

# turn, number of its last event, status, message (as JSON), what the model has said of its end
# (as JSON; '': nothing), age -> the terminal event; or the status of the turn, which has one
FINISH = Script(
    HEAD,
    FINISH_TURN,
    """
local id, last, status, message, said, age = unpack(ARGV)
local before, has = unpack(redis.call('HMGET', p..'turn:'..id, 'status', 'last'))
if before ~= 'streaming' then return before end
if has ~= last then return 'failed' end        -- the server has lost events
local event = finish(id, status, message, said)
keep(id, age)
return event
""",
)

# turn, age, process that asks -> how it stands then, or false: there is none
CANCEL = Script(
    HEAD,
    STATE,
    FINISH_TURN,
    TELL,
    """
local id, age, from = unpack(ARGV)
local live = redis.call('HGET', p..'turn:'..id, 'status') == 'streaming'
if live then
  finish(id, 'cancelled', '', '')
  tell(id, 'cancelled', from)
end
local found = state(id)
if live then keep(id, age) end
return found
""",
)

# turn -> how it stands, or false: there is none
GET = Script(HEAD, STATE, "return state(ARGV[1])")

# chat -> how its turns stand, oldest first
CHAT = Script(
    HEAD,
    STATE,
    """
local turns = {}
for _, id in ipairs(redis.call('ZRANGE', p..'chat:'..ARGV[1], 0, -1)) do
  local found = state(id)
  if found then turns[#turns + 1] = found end
end
return turns
""",
)

# -> how many turns there are, and how many of them are being written
COUNTS = Script(
    HEAD,
    """
local live = redis.call('ZCARD', p..'live')
return {live + redis.call('ZCARD', p..'kept'), live}
""",
)

# process, lease, age, kept, kept_bytes, message (as JSON) for turns whose writer is gone, count,
# so many turns that the process writes, then those that it follows, each with the number of the
# last event that has come -> those that it follows of which nothing, or less, is there now
SWEEP = Script(
    HEAD,
    FINISH_TURN,
    TELL,
    FORGET,
    """
local from, lease, age, kept, kept_bytes, message, count = unpack(ARGV, 1, 7)
local before = tonumber(redis.call('GET', p..'swept') or 0)
redis.call('SET', p..'swept', now)
local mine = {}; for i = 8, 7 + count do mine[i - 7] = ARGV[i] end
if now - before > lease * 500 then          -- for half a lease nobody could look, or renew his:
  mine = redis.call('ZRANGE', p..'live', 0, -1)  -- the server was away. All begin anew
end
for _, id in ipairs(mine) do
  redis.call('ZADD', p..'live', 'XX', now + lease * 1000, id)  -- XX: not if it is finished
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p..'live', '-inf', now)) do
  if redis.call('HGET', p..'turn:'..id, 'status') == 'streaming' then
    finish(id, 'failed', message, '')
    tell(id, 'failed', from)
    keep(id, age)
  else
    redis.call('ZREM', p..'live', id)          -- a server that was full has thrown it away
  end
end
forget(age, kept, kept_bytes)
local gone = {}
for i = 8 + count, #ARGV, 2 do
  local id, seen = ARGV[i], tonumber(ARGV[i + 1])
  local last = redis.call('HGET', p..'turn:'..id, 'last')
  local there = last or redis.call('EXISTS', p..'log:'..id) == 1
  if not there or last and tonumber(last) < seen then gone[#gone + 1] = id end
end
return gone
""",
)

# process: have its reading task ask anew
WAKE = Script(
    HEAD,
    """
redis.call('XADD', p..'inbox:'..ARGV[1], 'MAXLEN', '~', 1000, '*', 'wake', '')
redis.call('EXPIRE', p..'inbox:'..ARGV[1], 60)
""",
)

SCRIPTS = (NOW, SAY, APPEND, FINISH, CANCEL, GET, CHAT, COUNTS, SWEEP, WAKE)
