import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { startConsumer } from '../../src/testing/transport-conformance/consumer.ts';
import {
  assertArrived,
  assertInOrder,
  lanes,
  messageOf,
  publish,
  upTo,
} from '../../src/testing/transport-conformance/given.ts';
import type { Transport, TransportMessage } from '../../src/transport/transport.ts';
import { eventually } from '../eventually.ts';
import type { PrivateServer } from '../private-server.ts';
import { holdableWay } from './holdable-way.ts';

interface OutageOptions {
  readonly url?: string;
  readonly timeoutMs?: number;
}

/** What the tests of outages need: a broker of their own, and transports to one place on it. */
export interface OutageSubject {
  readonly protocol: 'nats' | 'redis';
  readonly server: () => PrivateServer;
  /** A new place, and how to make transports to it; not open. */
  readonly place: () => {
    transport(options?: OutageOptions): Transport;
    remove(): Promise<void>;
  };
}

const patienceMs = 300_000;

/** Promise 10 at the level of an adapter: the broker is away for a while, and comes back. */
export function outageCases({ protocol, server, place }: OutageSubject): void {
  async function withTransports(
    body: (open: (options?: OutageOptions) => Promise<Transport>) => Promise<void>,
  ): Promise<void> {
    const one = place();
    const opened: Transport[] = [];
    await body(async (options) => {
      const transport = one.transport(options);
      opened.push(transport);
      await transport.open();
      return transport;
    });
    await Promise.all(opened.map((transport) => transport.close()));
    await one.remove();
  }

  it('killed and started again under load, three times: nothing is lost, order holds', async () => {
    await withTransports(async (open) => {
      const transport = await open();
      const consumer = await startConsumer(await open(), {}, patienceMs);
      const all = lanes(20, 30);
      let count = 0;
      const publishing = all.map(async (messages) => {
        for (const message of messages) {
          await publishAtLast(transport, message);
          count += 1;
        }
      });
      for (const quarter of [150, 300, 450]) {
        await eventually(`${quarter} are published`, () => count >= quarter);
        await server().stop('SIGKILL');
        const [result] = await transport.publish([messageOf(quarter)]);
        expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
        await server().start();
      }
      await Promise.all(publishing);
      await consumer.untilAll(all.flat());
      const expected = new Set(all.flat().map(({ id }) => id));
      const arrived = consumer.messages.filter(({ id }) => expected.has(id));
      assertArrived(arrived, all.flat());
      assertInOrder(arrived);
      expect(consumer.errors.length).toBeGreaterThan(0);
    });
  });

  it('frozen: publishing fails after the timeout, and goes on when the broker wakes', async () => {
    await withTransports(async (open) => {
      const transport = await open({ timeoutMs: 500 });
      const consumer = await startConsumer(transport, {}, patienceMs);
      await publish(transport, messageOf(1));
      server().signal('SIGSTOP');
      let last = 1;
      try {
        // The signal takes effect a moment later.
        await eventually('publishing fails', async () => {
          last += 1;
          const [result] = await transport.publish([messageOf(last)]);
          return result?.status === 'failed';
        });
      } finally {
        server().signal('SIGCONT');
      }
      await publishAtLast(transport, messageOf(last));
      await consumer.untilAll(upTo(last).map((number) => messageOf(number)));
    });
  });

  it('cut off while an answer is awaited: it fails at once', async () => {
    await withTransports(async (open) => {
      const way = await holdableWay(new URL(`${protocol}://127.0.0.1:${server().port}`));
      const url = `${protocol}://127.0.0.1:${way.port}`;
      const transport = await open({ url, timeoutMs: 3_600_000 });
      way.hold('answers');
      const publishing = transport.publish([messageOf(1)]);
      way.cut();
      const [result] = await publishing;
      expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
      await publishAtLast(transport, messageOf(1));
      await way.close();
    });
  });

  it('away: what cannot be published is answered at once and kept nowhere', async () => {
    await withTransports(async (open) => {
      const transport = await open();
      await publish(transport, messageOf(0));
      await server().stop('SIGKILL');
      const before = heapUsed();
      const body = new Uint8Array(10_000);
      for (const round of upTo(200)) {
        const batch = upTo(50).map((at) => messageOf(round * 50 + at, { body: body.slice() }));
        const results = await transport.publish(batch);
        expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['failed']));
      }
      // 100 MB were given; buffers are freed some time after the collection.
      await eventually('they are forgotten', () => heapUsed() - before < 20_000_000);
      await server().start();
      await publishAtLast(transport, messageOf(1));
    });
  });
}

/** Tries until it is published, as the engine does. */
async function publishAtLast(transport: Transport, message: TransportMessage): Promise<void> {
  await eventually(`${message.id} is published`, async () => {
    const [result] = await transport.publish([message]);
    return result?.status === 'published';
  });
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}
