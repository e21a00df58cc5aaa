import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createWebhookMemory,
  createWebhookReceiver,
  createWebhookTransport,
  type WebhookReceiver,
} from 'orderchart/webhook';
import { OrderchartError } from '../../src/errors.ts';
import type {
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../../src/transport/transport.ts';
import { local, secret } from './kit.ts';

// What receivers are tested by: a sender as they are in the world. It keeps what it has to send, in
// order per key, and repeats each message until it is answered with 2xx, over real connections. To
// the conformance suite it looks like a broker whose consumers are receivers.

export const courierFeatures: TransportFeatures = {
  consumes: true,
  durable: false,
  ordered: true,
  deduplicates: true,
  redelivers: true,
  tellsFirstDelivery: false,
  delays: false,
  concurrentConsumers: true,
  maximumBodyBytes: 100_000,
};

/** One receiver behind a server. */
interface Branch {
  readonly receiver: WebhookReceiver;
  readonly server: Server;
  readonly url: string;
  /** The consumptions that are not stopped. */
  readonly consuming: Set<object>;
}

/** What the sender has to send, and where it may send it. */
export class Courier {
  readonly #branches: Branch[] = [];
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #memory = createWebhookMemory();
  #isEnded = false;
  #turn = 0;
  readonly #sender = createWebhookTransport({
    ...local,
    endpoint: () => ({ url: this.#nextUrl(), secrets: [secret] }),
    maximumRetryAfterMs: 0,
    concurrency: 1000,
  });

  /** A transport to this sender's place, with a receiver of its own. */
  transport(): Transport {
    let branch: Branch | undefined;
    let opening: Promise<Branch> | undefined;
    let isClosed = false;
    const opened = () => {
      if (branch !== undefined) return branch;
      throw new OrderchartError('transportClosed', 'The transport is not open.');
    };
    return {
      name: 'courier',
      features: courierFeatures,
      open: async () => {
        opening = this.#sender.open().then(() => this.#openBranch());
        const opened = await opening;
        if (!isClosed) branch = opened;
      },
      publish: async (messages) => {
        opened();
        return messages.map((message) => this.#take(structuredClone(message)));
      },
      consume: async (options) => {
        const here = opened();
        const consumption = await here.receiver.consume(options);
        here.consuming.add(consumption);
        const stop = async () => {
          here.consuming.delete(consumption);
          await consumption.stop();
        };
        return { stop, close: () => consumption.close() };
      },
      close: async () => {
        const closing = opening;
        isClosed = true;
        branch = undefined;
        opening = undefined;
        if (closing !== undefined) await this.#closeBranch(await closing);
      },
    };
  }

  /** Cuts all connections. */
  cut(): void {
    for (const { server } of this.#branches) server.closeAllConnections();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await Promise.all(this.#lanes.values());
    await this.#sender.close();
  }

  #take(message: TransportMessage) {
    if (message.body.length > courierFeatures.maximumBodyBytes) {
      return { status: 'refused', reason: 'It is too large.' } as const;
    }
    const before = this.#lanes.get(message.key) ?? Promise.resolve();
    this.#lanes.set(
      message.key,
      before.then(() => this.#deliver(message)),
    );
    return { status: 'published' } as const;
  }

  async #deliver(message: TransportMessage): Promise<void> {
    while (!this.#isEnded) {
      if (this.#branches.some(({ consuming }) => consuming.size > 0)) {
        const [result] = await this.#sender.publish([message]);
        if (result?.status === 'published') return;
      }
      await pause(1);
    }
  }

  /** In turn, as a load balancer does. */
  #nextUrl(): string {
    const branches = this.#branches.filter(({ consuming }) => consuming.size > 0);
    this.#turn += 1;
    return branches[this.#turn % branches.length]?.url ?? 'http://127.0.0.1:9';
  }

  async #openBranch(): Promise<Branch> {
    const receiver = createWebhookReceiver({
      name: 'courier',
      secrets: [secret],
      memory: this.#memory,
      maximumBodyBytes: courierFeatures.maximumBodyBytes,
      maximumReadingRequests: 1000,
    });
    await receiver.open();
    const server = createServer((request, response) => void receiver.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const branch = { receiver, server, url, consuming: new Set<object>() };
    this.#branches.push(branch);
    return branch;
  }

  async #closeBranch(branch: Branch): Promise<void> {
    this.#branches.splice(this.#branches.indexOf(branch), 1);
    await branch.receiver.close();
    await new Promise((resolve) => {
      branch.server.close(resolve);
      branch.server.closeAllConnections();
    });
  }
}
