import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineStats } from '../../../src/index.ts';
import type { OrderEvent } from '../../../src/order/envelope.ts';
import type { EngineProcessOptions } from './engine-process-options.ts';
import type { PublishingPeaks } from './publishing.ts';
import { until } from './until.ts';
import type { Trap } from './watched-transport.ts';
import type { Acknowledgement } from './workload.ts';

const script = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A result of `execute`, as it comes from another process; or the error that it threw. */
export interface ToldResult {
  readonly status: 'accepted' | 'rejected' | 'failed';
  readonly orderId?: string;
  readonly version?: number;
  readonly events?: readonly OrderEvent[];
  readonly replayed?: boolean;
  readonly code?: string;
  readonly message?: string;
}

/** An engine in a process of its own (engine-process.ts), held from outside. */
export class EngineProcess implements AsyncDisposable {
  readonly name: string;
  readonly answers: Acknowledgement[] = [];
  /** What it told that should never happen. */
  readonly defects: string[] = [];
  /** The most that its publisher had in flight. */
  peaks: PublishingPeaks | undefined;
  /** What its engine had counted when it last said so; it does at its end. */
  stats: EngineStats | undefined;
  /** How far its subscription was when it told its stats last, and what it had logged, as JSON. */
  standing: string | undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ending>;
  readonly #asked: ((result: ToldResult) => void)[] = [];
  #isReady = false;
  #isRested = false;
  #trapped = 0;
  #hasEnded = false;
  #closing: string | undefined;
  #rest = '';

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#ended = once(child, 'close').then(([code, signal]) => {
      this.#hasEnded = true;
      return { code, signal };
    });
  }

  /** Starts one; resolves when its engine runs. */
  static async start(options: EngineProcessOptions): Promise<EngineProcess> {
    const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const started = new EngineProcess(options.name, child);
    await until(() => started.#isReady || started.#hasEnded, `process ${options.name} to start`);
    if (!started.#isReady) throw new Error(`The process ${options.name} ended at once; see above.`);
    return started;
  }

  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** Connections that its pool had when it was closed, and callers that waited for one. */
  get closing(): { readonly total: number; readonly waiting: number } | undefined {
    if (this.#closing === undefined) return undefined;
    const [total = 0, waiting = 0] = this.#closing.split(' ').map(Number);
    return { total, waiting };
  }

  /** Resolves when so many more commands were acknowledged. */
  async acknowledges(count: number): Promise<void> {
    const wanted = this.answers.length + count;
    await until(
      () => this.answers.length >= wanted || this.#hasEnded,
      `process ${this.name} to acknowledge ${count} commands`,
    );
    if (this.answers.length < wanted) throw new Error(`The process ${this.name} ended too early.`);
  }

  /** Has it execute a command; gives the result, or the code of the error. */
  execute(command: object, context: object = {}): Promise<ToldResult> {
    const { promise, resolve } = Promise.withResolvers<ToldResult>();
    const number = this.#asked.push(resolve) - 1;
    this.#child.stdin?.write(`${JSON.stringify({ number, command, context })}\n`);
    return promise;
  }

  /** Its clients send no commands any more; resolves when they have their answers. */
  async rest(): Promise<void> {
    this.#isRested = false;
    this.#child.stdin?.write(`${JSON.stringify({ rest: true })}\n`);
    await until(() => this.#isRested || this.#hasEnded, `process ${this.name} to rest`);
  }

  /** Its clients send commands again after a `rest`. */
  resume(): void {
    this.#child.stdin?.write(`${JSON.stringify({ resume: true })}\n`);
  }

  /** What its engine has counted so far. */
  async statsNow(): Promise<EngineStats> {
    this.stats = undefined;
    this.#child.stdin?.write(`${JSON.stringify({ stats: true })}\n`);
    await until(
      () => this.stats !== undefined || this.#hasEnded,
      `process ${this.name} to tell its stats`,
    );
    if (this.stats === undefined) throw new Error(`The process ${this.name} ended too early.`);
    return this.stats;
  }

  /** SIGKILL: it ends in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /**
   * It is killed, or frozen, in the middle of publishing: resolves with the count of messages that
   * were in flight.
   */
  async trap(trap: Trap): Promise<number> {
    this.#trapped = 0;
    this.#child.stdin?.write(`${JSON.stringify({ trap })}\n`);
    await until(() => this.#trapped > 0, `process ${this.name} to publish`);
    if (trap.signal === 'SIGKILL') await this.#ended;
    return this.#trapped;
  }

  /** SIGTERM: it finishes what it has in flight, and ends. */
  terminate(): Promise<Ending> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** SIGSTOP: it does nothing any more, and does not know. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** SIGCONT: it goes on where it was. */
  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.kill();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    // What follows the last line end was cut off with the process: nobody has read it.
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#hear(line);
  }

  #hear(line: string): void {
    const [word = '', ...rest] = line.split(' ');
    if (word === 'ready') this.#isReady = true;
    if (word === 'defect') this.defects.push(`${this.name}: ${rest.join(' ')}`);
    if (word === 'result') {
      const [number = '', ...json] = rest;
      this.#asked[Number(number)]?.(JSON.parse(json.join(' ')));
    }
    if (word === 'peaks') this.peaks = JSON.parse(rest.join(' '));
    if (word === 'rested') this.#isRested = true;
    if (word === 'standing') this.standing = rest.join(' ');
    if (word === 'stats') this.stats = JSON.parse(rest.join(' '));
    if (word === 'trapped') this.#trapped = Number(rest[0]);
    if (word === 'closed') this.#closing = rest.join(' ');
    if (word !== 'answer') return;
    const [key = '', orderId = '', status = '', version = '', eventCount = '', code] = rest;
    this.answers.push({
      key,
      orderId,
      status: status === 'accepted' ? status : 'rejected',
      version: Number(version),
      eventCount: Number(eventCount),
      code: code || undefined,
    });
  }
}
