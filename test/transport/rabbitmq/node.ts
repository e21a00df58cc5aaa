import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { eventually } from '../../eventually.ts';
import { freePort } from '../../free-port.ts';
import { pathOf } from '../../program-path.ts';

/** A broker of one's own, on free ports and with its own data, that may be stopped and started. */
export interface RabbitmqNode {
  readonly url: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it: in order (SIGTERM), as at a restart of the machine, unless told otherwise. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** It answers nothing more, as a machine that hangs, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Runs `rabbitmqctl` against it. */
  control(...parameters: readonly string[]): Promise<void>;
}

/** Debian's program in sbin changes to a user and folder of its own; the one below it does not. */
const debianFolder = '/usr/lib/rabbitmq/bin';

function programs(): string {
  const own = join(debianFolder, 'rabbitmq-server');
  return dirname(existsSync(own) ? own : (pathOf('rabbitmq-server') ?? own));
}

/** Describes a broker whose files go to `folder`; it is not started yet. */
export async function rabbitmqNode(folder: string): Promise<RabbitmqNode> {
  const [port, distributionPort] = [await freePort(), await freePort()];
  const environment = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `orderchart-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${distributionPort}`,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_LOGS: '-',
    ERL_INETRC: resolverFile(folder),
    // The script then becomes the server, which so can be signalled.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  return {
    url,
    start: async () => {
      child = spawn(join(programs(), 'rabbitmq-server'), {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: folder,
      });
      await untilItAccepts(child, url);
    },
    stop: async (signal = 'SIGTERM') => {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null) return;
      const ended = once(ending, 'exit');
      ending.kill('SIGCONT');
      ending.kill(signal);
      await ended;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    control: async (...parameters) => {
      await promisify(execFile)(join(programs(), 'rabbitmqctl'), parameters, { env: environment });
    },
  };
}

/** How long it may take is up to the machine; a server that has ended is not waited for. */
async function untilItAccepts(child: ChildProcess, url: string): Promise<void> {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (output.push(text) > 50) output.shift();
    });
  }
  await eventually('the broker accepts connections', () => {
    if (child.exitCode !== null) throw new Error(`rabbitmq-server ended:\n${output.join('')}`);
    return accepts(url);
  });
}

/**
 * Names are looked up in this file alone. Otherwise a machine whose own name no server of names
 * knows keeps Erlang waiting for an answer, for minutes, before it starts.
 */
function resolverFile(folder: string): string {
  const path = join(folder, 'names');
  const own = hostname();
  const names = ['localhost', own, own.split('.')[0]].map((name) => `"${name}"`).join(', ');
  writeFileSync(path, `{lookup, [file]}.\n{host, {127, 0, 0, 1}, [${names}]}.\n`);
  return path;
}

async function accepts(url: string): Promise<boolean> {
  try {
    await (await connect(url)).close();
    return true;
  } catch {
    return false;
  }
}
