import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { freePort } from '../free-port.ts';
import {
  findInstallation,
  type Installation,
  type InstallationKind,
  unprivilegedUser,
} from './installation.ts';
import { killFamily, signalFamily } from './process-family.ts';

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

const startDeadlineMs = 600_000;

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
  #isFrozen = false;
  #asideCount = 0;
  #log = '';
  readonly #stopAtExit = (): void => {
    this.thaw();
    this.#process?.kill('SIGQUIT');
  };

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
    const folder = newFolder();
    try {
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

  /**
   * Makes a cluster out of the data of one that is stopped, and does not start it. It runs with the
   * settings of the other one, and with `settings` over them.
   *
   * @param data Other data than those that the source has now: what its `snapshot` or `putBack` gave.
   */
  static async copyOf(
    source: Cluster,
    {
      settings = {},
      data = source.#data,
    }: { settings?: ClusterOptions['settings']; data?: string },
  ): Promise<Cluster> {
    const folder = newFolder();
    const all = { ...source.#settings, ...settings };
    const cluster = new Cluster(folder, await freePort(), source.installation, all);
    copyFolder(data, cluster.#data);
    return cluster;
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

  /**
   * Starts the server; resolves when it answers.
   *
   * @param more Settings for this time, over those that it was made with.
   */
  async start(more: ClusterOptions['settings'] = {}): Promise<void> {
    if (this.#process !== undefined) return;
    const { installation } = this;
    const settings = Object.entries({ ...this.#settings, ...more }).flatMap(([name, value]) => [
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
    // A process that is frozen takes no signal but SIGKILL.
    if (mode !== 'kill') this.thaw();
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const ended = hasEnded ? Promise.resolve() : once(child, 'exit');
    if (mode === 'kill') await killFamily(child.pid ?? 0);
    else child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
    this.#process = undefined;
    this.#isFrozen = false;
    process.off('exit', this.#stopAtExit);
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** SIGSTOP to all its processes: connections stay, and nothing is answered any more. */
  freeze(): void {
    if (this.#process === undefined) return;
    this.#isFrozen = true;
    signalFamily(this.#process.pid ?? 0, 'SIGSTOP');
  }

  /** SIGCONT: it goes on where it was. */
  thaw(): void {
    if (this.#process === undefined || !this.#isFrozen) return;
    this.#isFrozen = false;
    signalFamily(this.#process.pid ?? 0, 'SIGCONT');
  }

  /** Makes a standby of it: at its next start it follows the server that `primary_conninfo` names. */
  becomeStandby(): void {
    const path = join(this.#data, 'standby.signal');
    writeFileSync(path, '');
    const { user } = this.installation;
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  }

  /** Runs one statement, as the superuser. */
  async query<Row extends QueryResultRow>(text: string): Promise<readonly Row[]> {
    await using client = await this.connect();
    return (await client.query<Row>(text)).rows;
  }

  /** A connection, as the superuser, without a pool. */
  async connect(): Promise<Client & AsyncDisposable> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => {});
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  /** Changes a setting that was not given to `create`, while the server runs. */
  async set(setting: string, value: string): Promise<void> {
    await this.query(`ALTER SYSTEM SET ${setting} = '${value}'`);
    await this.query('SELECT pg_reload_conf()');
  }

  /** Copies the data of the stopped server aside, as a disk's snapshot does; gives their folder. */
  snapshot(): string {
    const folder = this.#aside();
    copyFolder(this.#data, folder);
    return folder;
  }

  /**
   * Puts a snapshot back in the place of the data of the stopped server. Gives the folder of the
   * data that were there.
   */
  putBack(snapshot: string): string {
    const folder = this.#aside();
    renameSync(this.#data, folder);
    copyFolder(snapshot, this.#data);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #aside(): string {
    if (this.#process !== undefined) throw new Error('The server must be stopped first.');
    this.#asideCount += 1;
    return join(this.#folder, `aside-${this.#asideCount}`);
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

  /** By its socket file, which no other server has: on its port another one might listen. */
  #answersItself(): Promise<boolean> {
    const folder = encodeURIComponent(this.#folder);
    return answers(`postgres://postgres@${folder}:${this.port}/postgres`);
  }

  async #untilItAnswers(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + startDeadlineMs;
    while (child.exitCode === null && performance.now() < deadline) {
      if (await this.#answersItself()) return;
      await delay(20);
    }
    await this.stop('kill');
    throw new Error(`PostgreSQL did not start on port ${this.port}: ${this.#log}`);
  }
}

const initializeFlags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];

/** A temporary folder that the server's user may enter. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-postgres-'));
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** Copies with owners and modes, which the server insists on. */
function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The data could not be copied: ${stderr}`);
}

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
