import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ConsumerOptions } from './consumer-process.ts';
import { until } from './until.ts';

const script = fileURLToPath(new URL('./consumer-process.ts', import.meta.url));

/** A consumer in a process of its own (consumer-process.ts), held from outside. */
export class ConsumerProcess implements AsyncDisposable {
  readonly defects: string[] = [];
  readonly #options: ConsumerOptions;
  #child: ChildProcess | undefined;
  #isReady = false;
  #rest = '';

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** Starts it, or starts it again; resolves when it consumes. */
  async start(): Promise<void> {
    this.#isReady = false;
    this.#rest = '';
    const child = spawn(
      process.execPath,
      ['--no-warnings', script, JSON.stringify(this.#options)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#child = child;
    await until(() => this.#isReady || child.exitCode !== null, 'the consumer to start');
    if (!this.#isReady) throw new Error('The consumer ended at once; see above.');
  }

  /** Ends it, in order unless told otherwise. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end('SIGKILL');
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'ready') this.#isReady = true;
      if (line.startsWith('defect ')) this.defects.push(`the consumer: ${line.slice(7)}`);
    }
  }
}
