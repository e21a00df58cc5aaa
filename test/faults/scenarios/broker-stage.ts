import { join } from 'node:path';
import type { Broker } from '../kit/brokers.ts';
import type { Chance } from '../kit/chance.ts';
import { ConsumerProcess } from '../kit/consumer-handle.ts';
import { DeliveryTail } from '../kit/delivery-tail.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import { startEngine } from '../kit/finish.ts';
import { highestOf, type PublishingPeaks } from '../kit/publishing.ts';
import type { Target } from '../kit/target.ts';
import { until } from '../kit/until.ts';
import type { Acknowledgement } from '../kit/workload.ts';

/** Orders whose events are with the broker at the same time, at most. */
export const concurrency = 8;

export const leaseDurationMs = 1_000;

export interface StageOptions {
  readonly target: Target;
  readonly broker: Broker;
  readonly chance: Chance;
  /** See WatchedTransport. */
  readonly lies: boolean;
  /** Says how far it is. */
  readonly progress: (text: string) => void;
}

/**
 * Two engine processes on one store that execute commands and publish to a broker, and a consumer
 * in a process of its own.
 */
export class Stage implements AsyncDisposable {
  readonly consumer: ConsumerProcess;
  readonly effects: string;
  readonly tail: DeliveryTail;
  readonly losses: string[] = [];
  readonly faults: Record<string, number> = {};
  readonly peaks: Record<string, number> = {};
  /** Also those that have ended. */
  readonly processes: EngineProcess[] = [];
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    const { target, broker } = options;
    this.#options = options;
    this.effects = join(target.folder, 'effects.log');
    this.tail = new DeliveryTail(target.deliveries);
    this.consumer = new ConsumerProcess({
      broker: broker.address,
      deliveries: target.deliveries,
      effects: this.effects,
    });
  }

  async startPublisher({ clients = 2 } = {}): Promise<EngineProcess> {
    const { target, broker, chance, lies } = this.#options;
    const started = await startEngine(target, {
      name: `p${this.processes.length}`,
      seed: chance.between(0, 1_000_000),
      clients,
      leaseDurationMs,
      subscription: undefined,
      publish: { broker: broker.address, concurrency, lies },
    });
    this.processes.push(started);
    return started;
  }

  /** What a liar has lost never comes: no use waiting long. */
  get patienceMs(): number {
    return this.#options.lies ? 3_000 : 100_000;
  }

  get running(): readonly EngineProcess[] {
    return this.processes.filter(({ isRunning }) => isRunning);
  }

  get answers(): readonly Acknowledgement[] {
    return this.processes.flatMap(({ answers }) => answers);
  }

  /** Each process that runs acknowledges so many more commands, and some. */
  async load(low: number, high: number): Promise<void> {
    const { chance } = this.#options;
    const counts = this.running.map((process) => [process, chance.between(low, high)] as const);
    await Promise.all(counts.map(([process, count]) => process.acknowledges(count)));
  }

  fault(name: string): void {
    this.faults[name] = (this.faults[name] ?? 0) + 1;
    this.#options.progress(`${name}: ${this.faults[name]}, ${this.tail.count} events delivered`);
  }

  peak(name: string, value: number): void {
    this.peaks[name] = Math.max(this.peaks[name] ?? 0, value);
  }

  /** What was acknowledged so far reaches the consumer, with nobody's help; gives how long it took. */
  async drains(what: string, answers: readonly Acknowledgement[] = this.answers): Promise<number> {
    const begin = performance.now();
    let due = answers;
    const isDrained = () => {
      due = this.tail.undelivered(due);
      return due.length === 0;
    };
    await until(isDrained, `the consumer to have everything ${what}`, this.patienceMs).catch(
      (error: Error) => this.losses.push(`${error.message} (${due.length} commands)`),
    );
    return performance.now() - begin;
  }

  get publishingPeaks(): PublishingPeaks {
    return highestOf(this.processes.flatMap(({ peaks }) => peaks ?? []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.running) await process.kill();
    await this.consumer[Symbol.asyncDispose]();
  }
}
