import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { pathOf } from '../../program-path.ts';
import { eventually } from '../eventually.ts';

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
        stdio: 'ignore',
        cwd: folder,
      });
      await eventually('the broker accepts connections', () => accepts(url), 60_000);
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

async function accepts(url: string): Promise<boolean> {
  try {
    await (await connect(url)).close();
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
