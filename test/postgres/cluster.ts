import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import {
  findInstallation,
  type Installation,
  type InstallationKind,
  unprivilegedUser,
} from './installation.ts';
import { killFamily } from './process-family.ts';

/**
 * How a cluster is stopped. `fast` rolls back what is open and writes everything down;
 * `immediate` leaves without a word and recovers at the next start; `kill` is SIGKILL to all of
 * its processes at once, as when the machine loses its power (but for what the disk had not yet).
 */
export type StopMode = 'fast' | 'immediate' | 'kill';

export interface ClusterOptions {
  /** Lines of postgresql.conf, over what is right for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the programs may come from; the system's are taken first by default. */
  readonly kinds?: readonly InstallationKind[];
}

/** With fsync off a start takes a second less; a killed process loses nothing by it. */
const defaultSettings = { fsync: 'off', max_connections: '200', logging_collector: 'off' };

const startDeadlineMs = 60_000;

/**
 * A PostgreSQL cluster of one's own, in a temporary folder and on a free port: it may be
 * stopped, killed and restarted at will. Its user is `postgres`, and it trusts everybody.
 *
 * @example
 * await using cluster = await Cluster.create();
 * await cluster.restart('immediate');
 */
export class Cluster implements AsyncDisposable {
  readonly port: number;
  readonly installation: Installation;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #log = '';
  readonly #stopAtExit = (): void => void this.#process?.kill('SIGQUIT');

  private constructor(
    folder: string,
    port: number,
    installation: Installation,
    settings: Readonly<Record<string, string>>,
  ) {
    this.#folder = folder;
    this.port = port;
    this.installation = installation;
    this.#settings = settings;
  }

  /** Makes a cluster and starts it. */
  static async create({ settings = {}, kinds }: ClusterOptions = {}): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'orderchart-postgres-'));
    try {
      const user = unprivilegedUser();
      if (user !== undefined) chownSync(folder, user.uid, user.gid);
      const installation = findInstallation(folder, kinds);
      const all = { ...defaultSettings, ...settings };
      const cluster = new Cluster(folder, await freePort(), installation, all);
      cluster.#initialize();
      await cluster.start();
      return cluster;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** What the server has logged so far. */
  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Starts the server; resolves when it answers. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const { installation } = this;
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const child = spawn(
      join(installation.programs, 'postgres'),
      ['-D', this.#data, '-p', `${this.port}`, '-h', '127.0.0.1', '-k', this.#folder, ...settings],
      // In a session of its own, so that Ctrl+C reaches the tests alone, which end it in order.
      { ...installation.user, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-100_000);
    });
    this.#process = child;
    process.once('exit', this.#stopAtExit);
    await this.#untilItAnswers(child);
  }

  /** Stops the server; resolves when its process has ended. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const ended = hasEnded ? Promise.resolve() : once(child, 'exit');
    if (mode === 'kill') await killFamily(child.pid ?? 0);
    else child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
    this.#process = undefined;
    process.off('exit', this.#stopAtExit);
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #initialize(): void {
    const { user } = this.installation;
    mkdirSync(this.#data, { mode: 0o700 });
    if (user !== undefined) chownSync(this.#data, user.uid, user.gid);
    const { status, stderr } = spawnSync(
      join(this.installation.programs, 'initdb'),
      [...initializeFlags, '-D', this.#data],
      { ...user, encoding: 'utf8', cwd: this.#folder },
    );
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  }

  async #untilItAnswers(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + startDeadlineMs;
    while (child.exitCode === null && performance.now() < deadline) {
      if (await answers(this.url)) return;
      await delay(20);
    }
    await this.stop('kill');
    throw new Error(`PostgreSQL did not start on port ${this.port}: ${this.#log}`);
  }
}

const initializeFlags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];

/** Whether a server lets us in at this address. */
export async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that is just stopping cuts the connection after the answer.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port.');
  return address.port;
}
