import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** How to start a server of one's own. */
export interface ServerProgram {
  readonly path: string;
  /** For the port and the empty folder that were found for it; the same at every start. */
  readonly args: (port: number, folder: string) => readonly string[];
}

/** A server that a test may stop and start as it likes; its data stays until `remove`. */
export interface PrivateServer {
  readonly port: number;
  readonly folder: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends it by a signal (SIGKILL unless told) and resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Sends a signal and does not wait: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Stops it and deletes its folder. */
  remove(): Promise<void>;
}

/** Finds a free port and a folder for a server of one's own; `start` runs it. */
export async function privateServer(program: ServerProgram): Promise<PrivateServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-server-'));
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  };
  return {
    port,
    folder,
    start: async () => {
      child = await startOn(program, port, folder);
    },
    stop,
    signal: (signal) => void child?.kill(signal),
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startOn(
  { path, args }: ServerProgram,
  port: number,
  folder: string,
): Promise<ChildProcess> {
  const child = spawn(path, args(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      // The last of what it said is enough to tell why it did not start.
      if (output.push(text) > 50) output.shift();
    });
  }
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  await eventually(`${path} takes connections`, () => {
    if (child.exitCode !== null) throw new Error(`${path} ended:\n${output.join('')}`);
    return takesConnections(port);
  });
  return child;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
