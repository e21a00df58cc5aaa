import { createHash } from 'node:crypto';
import { startsWith } from './errors.ts';
import type { Argument, Link } from './link.ts';

/**
 * Adds each message to a stream unless its id is stored, atomically. KEYS[1] is the stream, the
 * other keys store the ids. ARGV: how long ids are stored (ms), the length and age (ms) to which
 * the stream is trimmed (0 for no trimming), then for each message the number of fields and values,
 * and these. Returns for each message `+<place>`, `=` for a duplicate, or `-<error>`.
 */
const publish = `
local window, length, age = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local answers, at = {}, 4
for i = 2, #KEYS do
  local count = tonumber(ARGV[at])
  if window > 0 and redis.call('EXISTS', KEYS[i]) == 1 then
    answers[i - 1] = '='
  else
    local place = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
    if type(place) == 'table' and place.err then
      answers[i - 1] = '-' .. place.err
    else
      if window > 0 then redis.call('SET', KEYS[i], place, 'PX', window) end
      answers[i - 1] = '+' .. place
    end
  end
  at = at + count + 1
end
if length > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', length) end
if age > 0 then
  local now = redis.call('TIME')
  local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - age
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(0, oldest)))
end
return answers`;

/**
 * Removes the consumers of a group (ARGV[1]) without entries that have been idle for long (ARGV[3],
 * in ms), and the one that is leaving (ARGV[2]). Atomic: a consumer that received messages between
 * the check and the removal would lose them.
 */
const sweep = `
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local fact = {}
  for i = 1, #consumer, 2 do fact[consumer[i]] = consumer[i + 1] end
  local isGone = fact.name == ARGV[2] or fact.idle > tonumber(ARGV[3])
  if fact.pending == 0 and isGone then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], fact.name)
  end
end
return 0`;

const scripts = { publish, sweep } as const;

const hashes = new Map(
  Object.values(scripts).map((text) => [text, createHash('sha1').update(text).digest('hex')]),
);

/** Runs a script. Its text is sent only if the server does not have it yet. */
export async function run(
  link: Link,
  name: keyof typeof scripts,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const text = scripts[name];
  const rest = [keys.length, ...keys, ...args];
  try {
    return await link.call('EVALSHA', hashes.get(text) ?? '', ...rest);
  } catch (error) {
    if (startsWith(error, 'NOSCRIPT')) return link.call('EVAL', text, ...rest);
    throw error;
  }
}
