import fc from 'fast-check';
import {
  type Consumption,
  createInProcessQueue,
  createInProcessTransport,
  type Delivery,
  isOrderchartError,
  type Transport,
  type TransportMessage,
} from 'orderchart';
import { describe, expect, it } from 'vitest';

const encoder = new TextEncoder();

function message(id: string, key = ''): TransportMessage {
  return { id, key, type: 'test', sequence: undefined, headers: {}, body: encoder.encode(id) };
}

/** Whatever was asked of microtasks has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Consumer {
  readonly deliveries: Delivery[];
  readonly ids: () => readonly string[];
  readonly consumption: Consumption;
}

async function consumer(transport: Transport, maximumInFlight = 100): Promise<Consumer> {
  const deliveries: Delivery[] = [];
  const consumption = await transport.consume?.({
    maximumInFlight,
    deliver: (delivery) => deliveries.push(delivery),
    onError: () => undefined,
  });
  if (consumption === undefined) throw new Error('it does not consume');
  return { deliveries, consumption, ids: () => deliveries.map(({ message: { id } }) => id) };
}

async function opened(
  options?: Parameters<typeof createInProcessTransport>[0],
): Promise<Transport> {
  const transport = createInProcessTransport(options);
  await transport.open();
  return transport;
}

function publish(transport: Transport, ...messages: readonly TransportMessage[]) {
  return transport.publish(messages);
}

describe('the transport within a process', () => {
  it('delivers what was published before and after a consumer came', async () => {
    const transport = await opened();
    await publish(transport, message('1'));
    const { ids, deliveries } = await consumer(transport);
    await publish(transport, message('2'));
    await settled();
    expect(ids()).toEqual(['1', '2']);
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  it('holds a key back until its message in hand is acked, and lets other keys pass', async () => {
    const transport = await opened();
    const { ids, deliveries } = await consumer(transport);
    await publish(transport, message('a1', 'a'), message('a2', 'a'), message('b1', 'b'));
    await settled();
    expect(ids()).toEqual(['a1', 'b1']);
    await deliveries[0]?.ack();
    await settled();
    expect(ids()).toEqual(['a1', 'b1', 'a2']);
  });

  it('delivers a nacked message again before the later ones of its key, after its delay', async () => {
    const waits: { delayMs: number; callback: () => void }[] = [];
    const queue = createInProcessQueue({
      schedule: (delayMs, callback) => void waits.push({ delayMs, callback }),
    });
    const transport = await opened({ queue });
    const { ids, deliveries } = await consumer(transport);
    await publish(transport, message('a1', 'a'), message('a2', 'a'));
    await settled();
    await deliveries[0]?.nack(500);
    await settled();
    expect(ids()).toEqual(['a1']);
    expect(waits.map(({ delayMs }) => delayMs)).toEqual([500]);
    waits[0]?.callback();
    await settled();
    expect(ids()).toEqual(['a1', 'a1']);
    expect(deliveries[1]?.attempt).toBe(2);
    await deliveries[1]?.ack();
    await settled();
    expect(ids()).toEqual(['a1', 'a1', 'a2']);
  });

  it('keeps no more in flight than was asked for', async () => {
    const transport = await opened();
    const { ids, deliveries } = await consumer(transport, 2);
    await publish(transport, message('1'), message('2'), message('3'));
    await settled();
    expect(ids()).toEqual(['1', '2']);
    await deliveries[1]?.ack();
    await settled();
    expect(ids()).toEqual(['1', '2', '3']);
  });

  it('shares its messages among consumers, each message to one', async () => {
    const queue = createInProcessQueue();
    const transports = [await opened({ queue }), await opened({ queue })] as const;
    const consumers = await Promise.all(transports.map((transport) => consumer(transport)));
    await publish(transports[0], ...Array.from({ length: 10 }, (_, index) => message(`${index}`)));
    await settled();
    expect(consumers.map(({ ids }) => ids().length)).toEqual([5, 5]);
    expect(new Set(consumers.flatMap(({ ids }) => ids())).size).toBe(10);
  });

  it('after stop delivers nothing more, but takes acks', async () => {
    const queue = createInProcessQueue();
    const transport = await opened({ queue });
    const { ids, deliveries, consumption } = await consumer(transport, 1);
    await publish(transport, message('1'), message('2'));
    await settled();
    await consumption.stop();
    await deliveries[0]?.ack();
    await settled();
    expect(ids()).toEqual(['1']);
    expect(queue.size).toBe(1);
  });

  it.each(['consumption', 'transport'] as const)(
    'gives back what is in hand when its %s closes',
    async (what) => {
      const queue = createInProcessQueue();
      const first = await opened({ queue });
      const second = await opened({ queue });
      const { deliveries, consumption } = await consumer(first);
      await publish(first, message('1', 'a'));
      await settled();
      await (what === 'consumption' ? consumption : first).close();
      const other = await consumer(second);
      await settled();
      expect(other.ids()).toEqual(['1']);
      expect(other.deliveries[0]?.attempt).toBe(2);
      const late = await deliveries[0]?.ack().catch((error: unknown) => error);
      expect(isOrderchartError(late, 'transportClosed')).toBe(true);
      expect(queue.size).toBe(1);
    },
  );

  it('fails what does not fit into the queue, and refuses what is too large', async () => {
    const transport = await opened({
      queue: createInProcessQueue({ maximumMessages: 1 }),
      maximumBodyBytes: 3,
    });
    const results = await publish(transport, message('1234'), message('1'), message('2'));
    expect(results.map(({ status }) => status)).toEqual(['refused', 'published', 'failed']);
    const { deliveries } = await consumer(transport);
    await settled();
    await deliveries[0]?.ack();
    expect(await publish(transport, message('2'))).toEqual([{ status: 'published' }]);
  });

  it('is not changed by what its publisher does with the bytes later', async () => {
    const transport = await opened();
    const given = message('1');
    await publish(transport, given);
    given.body.fill(0);
    const { deliveries } = await consumer(transport);
    await settled();
    expect(deliveries[0]?.message.body).toEqual(encoder.encode('1'));
  });

  it('does nothing before it is open and after it is closed', async () => {
    const transport = createInProcessTransport();
    for (const prepare of [() => undefined, () => transport.close()]) {
      await prepare();
      await expect(publish(transport, message('1'))).rejects.toMatchObject({
        code: 'transportClosed',
      });
      await expect(consumer(transport)).rejects.toMatchObject({ code: 'transportClosed' });
      await transport.open();
    }
    await transport.close();
    await transport.close();
  });

  it('keeps the order of every key and loses nothing, whatever consumers do', async () => {
    const step = fc.record({
      consumer: fc.nat({ max: 1 }),
      delivery: fc.nat({ max: 10 }),
      isAck: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c')),
        fc.array(step),
        async (keys, steps) => {
          const queue = createInProcessQueue();
          const transport = await opened({ queue });
          const consumers = [await consumer(transport, 2), await consumer(transport, 2)] as const;
          await publish(transport, ...keys.map((key, index) => message(`${key}${index}`, key)));
          const acked: string[] = [];
          const act = async (which: Consumer | undefined, at: number, isAck: boolean) => {
            await settled();
            const [delivery] = which?.deliveries.splice(at, 1) ?? [];
            if (delivery === undefined) return;
            await (isAck ? delivery.ack() : delivery.nack());
            if (isAck) acked.push(delivery.message.id);
          };
          for (const { consumer: which, delivery, isAck } of steps) {
            await act(consumers[which], delivery, isAck);
          }
          for (let turn = 0; queue.size > 0 && turn < 1000; turn += 1) {
            await act(consumers[turn % 2], 0, true);
          }
          for (const key of ['a', 'b', 'c']) {
            const sent = keys
              .map((each, index) => `${each}${index}`)
              .filter((id) => id.startsWith(key));
            expect(acked.filter((id) => id.startsWith(key))).toEqual(sent);
          }
        },
      ),
    );
  });
});
