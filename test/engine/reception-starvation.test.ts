import {
  createInProcessQueue,
  createInProcessTransport,
  type OrderCommand,
  type ReceiveOptions,
  type Transport,
  type TransportMessage,
} from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { annotate, captured, place, testEngine, turns } from './kit.ts';
import { commandMessage, mapBody } from './receive-kit.ts';

const second = 1000;
const minute = 60 * second;

type Options = Partial<ReceiveOptions<OrderCommand>>;

/** An engine that receives from a queue in the process, whose delays go by the engine's clock. */
async function queued(options: Options) {
  const clock = createMovableClock();
  const queue = createInProcessQueue({
    maximumMessages: 100_000,
    schedule: (delayMs, callback) => void clock.schedule(clock.now() + delayMs, callback),
  });
  const transport = createInProcessTransport({ queue });
  const test = await testEngine({ clock, random: () => 0.5 });
  const settled: string[] = [];
  const reception = await test.engine.startReceiving({
    name: 'in',
    transport,
    map: mapBody,
    deadLetter: ({ message }) => void settled.push(`letter ${message.id}`),
    ...options,
  });
  const run = (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(3));
  return { ...test, queue, transport, reception, run, settled };
}

const fails = (message: TransportMessage): boolean => message.id.startsWith('bad');

function mapOrFail(message: TransportMessage) {
  if (fails(message)) throw new Error('not yet');
  return mapBody(message);
}

async function publishAll(transport: Transport, messages: readonly TransportMessage[]) {
  for (const message of messages) await transport.publish([message]);
}

/** Messages that fail, then some that do not. */
function badThenGood(count: number, keyOf: (index: number) => string): TransportMessage[] {
  const bad = Array.from({ length: count }, (_, index) =>
    commandMessage(`bad-${index}`, null, keyOf(index)),
  );
  const good = Array.from({ length: 5 }, (_, index) =>
    commandMessage(`good-${index}`, place(`order-${index}`), `order-${index}`),
  );
  return [...bad, ...good];
}

describe('messages that fail for now', () => {
  it.each([
    { count: 10, maximumInFlight: 4 },
    { count: 1000, maximumInFlight: 64 },
    { count: 10_000, maximumInFlight: 256 },
  ])('hold up no others: $count that fail, $maximumInFlight in hand', async (scale) => {
    const { engine, run, transport, queue, reception } = await queued({
      map: mapOrFail,
      maximumInFlight: scale.maximumInFlight,
      retry: { initialDelayMs: 5 * second, maximumDelayMs: minute },
    });
    await publishAll(
      transport,
      badThenGood(scale.count, (index) => `key-${index}`),
    );
    await run(2 * second);
    expect(engine.stats().accepted).toBe(5);
    expect(queue.size).toBe(scale.count);
    const { inFlight, putAside } = reception.status();
    expect(inFlight).toBeLessThanOrEqual(scale.maximumInFlight);
    expect(inFlight + putAside).toBe(scale.count);
    expect(engine.stats().messagesPutAside).toBeGreaterThan(0);
  });

  it('hold up no others when only one message may be in hand, or when they have no key', async () => {
    const { engine, run, transport } = await queued({
      map: mapOrFail,
      maximumInFlight: 1,
    });
    await publishAll(
      transport,
      badThenGood(10, () => ''),
    );
    await run(5 * second);
    expect(engine.stats().accepted).toBe(5);
  });

  it('hold up no others when the dead letters cannot be kept', async () => {
    const { engine, run, transport } = await queued({
      maximumInFlight: 4,
      deadLetter: () => {
        throw new Error('the office is closed');
      },
    });
    const bad = Array.from({ length: 50 }, (_, index) => ({
      ...commandMessage(`bad-${index}`, null),
      body: new TextEncoder().encode('"nothing"'),
    }));
    await publishAll(transport, [...bad, ...badThenGood(0, () => '')]);
    await run(5 * second);
    expect(engine.stats().accepted).toBe(5);
  });

  it.each(['map', 'deadLetter', 'onRejected'] as const)(
    'hold up no others when the function %s never ends, and are not given to it twice at once',
    async (hanging) => {
      const calls = new Map<string, number>();
      const hang = (id: string): Promise<never> => {
        calls.set(id, (calls.get(id) ?? 0) + 1);
        return new Promise(() => {});
      };
      const { engine, run, transport } = await queued({
        maximumInFlight: 4,
        attemptTimeoutMs: second,
        map: (message: TransportMessage) => {
          if (!fails(message)) return mapBody(message);
          if (hanging === 'map') return hang(message.id);
          return hanging === 'onRejected'
            ? annotate('unknown', 'x')
            : ({ type: 'nothing' } as never);
        },
        ...(hanging === 'deadLetter' ? { deadLetter: ({ message }) => hang(message.id) } : {}),
        ...(hanging === 'onRejected' ? { onRejected: (_, { id }) => hang(id) } : {}),
      });
      await publishAll(
        transport,
        badThenGood(20, (index) => `key-${index}`),
      );
      await run(minute);
      expect(engine.stats().accepted).toBe(5);
      expect(new Set(calls.values())).toEqual(new Set([1]));
      expect(calls.size).toBe(20);
    },
  );

  it('are tried again after growing delays, and are done when they can be', async () => {
    const tries: number[] = [];
    let isMended = false;
    const { engine, clock, run, transport, queue, reception } = await queued({
      maximumInFlight: 1,
      retry: { initialDelayMs: 1000, maximumDelayMs: 8000 },
      map: (message: TransportMessage, { attempt }: { attempt: number }) => {
        if (isMended) return mapBody(message);
        if (message.id === 'bad-0') tries[attempt - 1] = clock.now() - start;
        throw new Error('not yet');
      },
    });
    const start = clock.now();
    await publishAll(transport, [
      commandMessage('bad-0', place('order-1'), 'a'),
      commandMessage('bad-1', place('order-2'), 'b'),
    ]);
    await run(minute);
    const pauses = tries.slice(1, 5).map((at, index) => at - (tries[index] ?? 0));
    for (const [index, least] of [750, 1500, 3000, 6000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least);
      expect(pauses[index]).toBeLessThan(least + 500);
    }
    isMended = true;
    await run(minute);
    expect(queue.size).toBe(0);
    expect(engine.stats().accepted).toBe(2);
    expect(reception.status()).toEqual({ name: 'in', inFlight: 0, waitingKeys: 0, putAside: 0 });
  });

  it('wait for their orders as long as they may, also when put aside meanwhile', async () => {
    const { run, transport, settled, clock } = await queued({
      maximumInFlight: 1,
      orderWaitMs: 30 * second,
    });
    const reports = Array.from({ length: 6 }, (_, index) =>
      commandMessage(`report-${index}`, captured(`missing-${index}`), `key-${index}`),
    );
    await publishAll(transport, reports);
    const start = clock.now();
    await run(25 * second);
    expect(settled).toEqual([]);
    await run(30 * second);
    expect(settled.length, `after ${clock.now() - start} ms`).toBe(6);
  });
});
