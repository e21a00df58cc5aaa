import { writeSync } from 'node:fs';
import type {
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../../../src/transport/transport.ts';

/** Where in its next call of `publish` a process sends itself a signal. */
export interface Trap {
  /** `before` anything of it leaves the process; or when it was `sent` and is not answered. */
  readonly when: 'before' | 'sent';
  readonly signal: 'SIGSTOP' | 'SIGKILL';
}

/**
 * Another transport, watched: how many messages it has in flight. With `lies` it says `published`
 * before the broker has, which is the bug that the tests of brokers must find.
 */
export class WatchedTransport implements Transport {
  readonly name: string;
  readonly features: TransportFeatures;
  /** Messages that were given to it at the same time and were not answered yet, at most. */
  highest = 0;
  trap: Trap | undefined;
  readonly #transport: Transport;
  readonly #lies: boolean;
  #inFlight = 0;

  constructor(transport: Transport, lies: boolean) {
    this.#transport = transport;
    this.#lies = lies;
    this.name = transport.name;
    this.features = transport.features;
  }

  open(): Promise<void> {
    return this.#transport.open();
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#inFlight += messages.length;
    this.highest = Math.max(this.highest, this.#inFlight);
    this.#spring('before', messages.length);
    const publishing = this.#transport.publish(messages);
    // Drivers write at the end of the event loop's turn.
    if (this.trap?.when === 'sent') setImmediate(() => this.#spring('sent', messages.length));
    if (this.#lies) publishing.catch(() => undefined);
    try {
      return this.#lies ? messages.map(() => ({ status: 'published' })) : await publishing;
    } finally {
      this.#inFlight -= messages.length;
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #spring(when: Trap['when'], count: number): void {
    const { trap } = this;
    if (trap?.when !== when) return;
    this.trap = undefined;
    writeSync(1, `trapped ${count}\n`);
    process.kill(process.pid, trap.signal);
  }
}
