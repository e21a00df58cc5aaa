import { refused, toTransportError } from './errors.ts';
import type { Link } from './link.ts';
import type { RedisSettings, RedisWarning } from './options.ts';

/** The first version with `XPENDING IDLE` and `XTRIM MINID`. */
const oldestVersion = [6, 2] as const;

/** Rejects a server that cannot be used, and one that may lose messages, unless `warn` is set. */
export async function checkServer(
  link: Pick<Link, 'call' | 'place'>,
  settings: Pick<RedisSettings, 'stream' | 'warn'>,
): Promise<void> {
  const { stream, warn } = settings;
  const type = await link.call('TYPE', stream);
  if (type !== 'none' && type !== 'stream') {
    throw refused(`the key ${stream} at ${link.place} is a ${type}. Choose another \`stream\`.`);
  }
  const warnings = await findWarnings(link);
  for (const warning of warnings) {
    if (warn === undefined) {
      throw refused(`${warning.message} Or set \`warn\` to be notified and continue.`);
    }
    warn(warning);
  }
}

async function findWarnings(link: Pick<Link, 'call'>): Promise<readonly RedisWarning[]> {
  const info = await readInfo(link);
  if (info === undefined) return [settingsUnknown];
  checkVersion(info.get('redis_version') ?? '');
  const canEvict = Number(info.get('maxmemory')) > 0;
  const policy = info.get('maxmemory_policy') ?? '';
  return [
    ...(canEvict && policy.startsWith('allkeys-') ? [eviction(policy)] : []),
    ...(info.get('aof_enabled') === '0' ? [notPersistent] : []),
  ];
}

const settingsUnknown: RedisWarning = {
  name: 'redisSettingsUnknown',
  message:
    'The server does not allow reading its settings (INFO), so it may lose messages. ' +
    'Allow `INFO` for this user.',
};

const notPersistent: RedisWarning = {
  name: 'redisNotPersistent',
  message:
    'The server keeps no log of writes (appendonly no), so a restart loses messages published ' +
    'since its last snapshot. Set `appendonly yes`.',
};

function eviction(policy: string): RedisWarning {
  return {
    name: 'redisEviction',
    message:
      `When its memory is full the server evicts whole streams (maxmemory-policy ${policy}). ` +
      'Set `maxmemory-policy noeviction`, so that publishing waits instead.',
  };
}

/** Reads the server's settings. Returns undefined if this user may not. */
async function readInfo(
  link: Pick<Link, 'call'>,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const text = String(await link.call('INFO'));
    return new Map(
      text.split(/\r?\n/).map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name, value.join(':')];
      }),
    );
  } catch (error) {
    const known = toTransportError(error, 'INFO');
    if (known.code === 'transportRefused') return undefined;
    throw known;
  }
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestVersion;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw refused(
    `the server has version ${version}. Version ${oldestVersion.join('.')} or newer is required.`,
  );
}
