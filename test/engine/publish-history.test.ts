import {
  createInbox,
  createInProcessQueue,
  createInProcessTransport,
  type TransportMessage,
} from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { expect, it } from 'vitest';
import { annotate, place, testEngine, turns } from './kit.ts';
import { setBackStore } from './set-back-store.ts';

const second = 1000;

it.each(['binary', 'structured'] as const)(
  'consumers take version 2 of a history that follows, though they took version 5 of the lost one: %s',
  async (mode) => {
    const clock = createMovableClock();
    const store = setBackStore();
    const { engine } = await testEngine({ store, clock });
    const { engine: other } = await testEngine({ store, clock });
    const pass = async (durationMs: number) => {
      for (let at = 0; at < durationMs; at += second) {
        clock.advanceBy(second);
        await turns();
      }
    };
    const queue = createInProcessQueue();
    const transport = createInProcessTransport({ queue });
    await engine.startPublishing({ name: 'out', from: 'beginning', transport, mode });
    const inbox = createInbox();
    const verdicts: string[] = [];
    const messages: TransportMessage[] = [];
    const consumer = createInProcessTransport({ queue });
    await consumer.open();
    await consumer.consume?.({
      maximumInFlight: 1,
      deliver: async ({ message, ack }) => {
        messages.push(message);
        verdicts.push(`${message.sequence} ${await inbox.handle(message, () => undefined)}`);
        await ack();
      },
      onError: () => {},
    });
    await engine.execute(place('order-1'));
    await pass(10 * second);
    store.copy();
    for (let note = 2; note <= 5; note += 1)
      await engine.execute(annotate('order-1', `lost ${note}`));
    await pass(10 * second);
    await store.putBack();
    await other.execute(annotate('order-1', 'kept'));
    await pass(30 * second);
    expect(engine.stats().historyChanges).toBe(1);
    expect(verdicts.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((version) => `${version} handled`));
    expect(verdicts.slice(5).filter((verdict) => !verdict.endsWith('duplicate'))).toEqual([
      '2 handled',
    ]);
    // What a publisher of the lost time still has in flight comes too late.
    const straggler = { ...(messages[4] as TransportMessage), id: 'straggler', sequence: 6 };
    expect(await inbox.handle(straggler, () => undefined)).toBe('outdated');
    await consumer.close();
  },
);
