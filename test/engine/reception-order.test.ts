import type { TransportMessage } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { type Handed, scriptedTransport } from '../transport/scripted-transport.ts';
import { testEngine, turns } from './kit.ts';
import { commandMessage, receiving } from './receive-kit.ts';

const second = 1000;
const minute = 60 * second;

/** A transport that gives back what was nacked when the test says so, the latest first. */
async function redelivering() {
  const transport = scriptedTransport();
  const scripted = { ...transport, features: { ...transport.features, redelivers: true } };
  const test = await testEngine({ random: () => 0.5 });
  /** How often the mapping of a message is still to fail. */
  const failures = new Map<string, number>();
  const order: string[] = [];
  const reception = await test.engine.startReceiving({
    name: 'in',
    transport: scripted,
    maximumInFlight: 2,
    deadLetter: () => undefined,
    map: ({ id }) => {
      const left = failures.get(id) ?? 0;
      failures.set(id, left - 1);
      if (left > 0) throw new Error('not yet');
      order.push(id);
    },
  });
  const waiting: TransportMessage[] = [];
  const inFlight: Handed[] = [];
  const bring = (message: TransportMessage): Handed => {
    const handed = transport.deliver(message);
    inFlight.push(handed);
    return handed;
  };
  const deliver = (id: string, key: string): Handed => bring(commandMessage(id, null, key));
  const run = (durationMs: number) =>
    test.clock.runTo(test.clock.now() + durationMs, () => turns(3));
  /** Brings as many of those that came back as there is room for. */
  const bringBack = (): void => {
    const settled = inFlight.splice(0).filter((handed) => {
      if (handed.outcome === undefined) inFlight.push(handed);
      return handed.outcome === 'nacked';
    });
    waiting.push(...settled.map(({ message }) => message));
    while (waiting.length > 0 && reception.status().inFlight < 2) {
      bring(waiting.pop() as TransportMessage);
    }
  };
  return { ...test, reception, failures, order, waiting, deliver, run, bringBack };
}

describe('messages behind one that is put aside', () => {
  it('stay behind it and in order, however the transport gives them back', async () => {
    const { waiting, run, failures, order, reception, bringBack } = await redelivering();
    for (let index = 19; index >= 0; index -= 1) {
      const key = `key-${index % 4}`;
      if (index < 8) failures.set(`${key}/${index}`, 1 + index);
      waiting.push(commandMessage(`${key}/${index}`, null, key));
    }
    for (let step = 0; step < 2000 && order.length < 20; step += 1) {
      bringBack();
      await run(50);
    }
    expect(order.toSorted(byIndex)).toHaveLength(20);
    for (const key of ['key-0', 'key-1', 'key-2', 'key-3']) {
      const ofKey = order.filter((id) => id.startsWith(key));
      expect(ofKey).toEqual(ofKey.toSorted(byIndex));
    }
    expect(reception.status()).toEqual({ name: 'in', inFlight: 0, waitingKeys: 0, putAside: 0 });
  });

  it('wait for it while it is away, and other keys do not', async () => {
    const { deliver, run, failures, order } = await redelivering();
    failures.set('1', 1);
    expect([deliver('1', 'a'), deliver('2', 'a')].map(({ outcome }) => outcome)).toEqual([
      undefined,
      undefined,
    ]);
    await run(20);
    deliver('3', 'a');
    deliver('x', 'b');
    await run(second);
    expect(order).toEqual(['x']);
    deliver('1', 'a');
    await run(10 * second);
    expect(order.slice(0, 2)).toEqual(['x', '1']);
  });

  it('go on when it went to another process', async () => {
    const { deliver, run, failures, order } = await redelivering();
    failures.set('1', 1);
    const handed = [deliver('1', 'a'), deliver('2', 'a')];
    await run(20);
    expect(handed.map(({ outcome }) => outcome)).toEqual(['nacked', 'nacked']);
    await run(minute);
    deliver('2', 'a');
    await run(second);
    expect(order).toEqual(['2']);
  });
});

describe('a transport that would not bring a message again', () => {
  it('is never given one back that fails for now', async () => {
    const { deliver, clock } = await receiving({
      maximumInFlight: 1,
      map: () => {
        throw new Error('not yet');
      },
    });
    const handed = deliver('1', null, 'a');
    await clock.runTo(clock.now() + 10 * second, () => turns(3));
    expect(handed.outcome).toBeUndefined();
  });
});

function byIndex(one: string, other: string): number {
  return Number(one.split('/')[1]) - Number(other.split('/')[1]);
}
