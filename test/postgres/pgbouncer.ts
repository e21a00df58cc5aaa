import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { pathOf } from '../program-path.ts';
import { answers } from './cluster.ts';
import { unprivilegedUser } from './installation.ts';

/** A PgBouncer in transaction mode, in front of one server: every transaction may get another connection. */
export class PgBouncer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #kill = (): void => void this.#process.kill('SIGKILL');

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#process = child;
    process.once('exit', this.#kill);
  }

  /** Starts one in front of `target`; resolves when it passes on. */
  static async create(target: string): Promise<PgBouncer> {
    const path = pathOf('pgbouncer');
    if (path === undefined) throw new Error('There is no program pgbouncer.');
    const url = new URL(target);
    const folder = mkdtempSync(join(tmpdir(), 'orderchart-pgbouncer-'));
    const user = unprivilegedUser();
    const file = join(folder, 'pgbouncer.ini');
    const port = await freePort();
    writeFileSync(file, settingsFor(url, port));
    for (const path of user === undefined ? [] : [folder, file]) {
      chownSync(path, user?.uid ?? 0, user?.gid ?? 0);
    }
    const child = spawn(path, ['-q', file], { ...user, stdio: ['ignore', 'ignore', 'inherit'] });
    url.port = `${port}`;
    const pooler = new PgBouncer(url.href, folder, child);
    await eventually('PgBouncer passes on', () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}.`);
      return answers(pooler.url);
    });
    return pooler;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill);
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function settingsFor({ hostname, port, username }: URL, listenPort: number): string {
  return [
    '[databases]',
    `* = host=${hostname} port=${port} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${listenPort}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    // A server that is away is asked again at once, not after fifteen seconds.
    'server_login_retry = 1',
    // Only errors.
    'log_connections = 0',
    'log_disconnections = 0',
    'log_pooler_errors = 0',
    '',
  ].join('\n');
}
