import {
  createInProcessQueue,
  createInProcessTransport,
  type PublishResult,
  parseOrderEvent,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { published, scriptedTransport, unavailable } from '../transport/scripted-transport.ts';
import { all, annotate, gate, place, sharedStore, testEngine, turns, until } from './kit.ts';
import { ids, live, sequencesOf } from './publish-kit.ts';

const second = 1000;

describe('publish', () => {
  it('publishes every event as a CloudEvent, and counts it', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const publisher = await engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      source: '/orders',
    });
    await live(engine, ids(3), 2);
    await engine.idle();
    const events = await Promise.all(ids(3).map((id) => all(engine.history(id))));
    const sent = transport.published.map((message) => parseOrderEvent(message));
    expect(new Set(sent)).toEqual(new Set(events.flat()));
    expect(transport.published[0]?.headers['ce-source']).toBe('/orders');
    expect(engine.stats().messagesPublished).toBe(9);
    expect(publisher.status().partitions[0]).toMatchObject({ position: 9, unfinished: 0 });
  });

  it('publishes only the types that were asked for, in the mode that was asked for', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    await engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      types: ['order.annotated'],
      mode: 'structured',
    });
    await live(engine, ids(1), 1);
    await engine.idle();
    expect(transport.published.map(({ type }) => type)).toEqual(['order.annotated']);
    expect(transport.published[0]?.headers).toEqual({
      'content-type': 'application/cloudevents+json',
      'ce-history': '1',
    });
  });

  it('carries the trace of the command', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await engine.execute(place('order-1'), { trace: { traceparent, tracestate: 'a=1' } });
    await engine.idle();
    expect(transport.published[0]?.headers).toMatchObject({ traceparent, tracestate: 'a=1' });
  });

  it('gathers the messages of different orders into one call, of one order one message', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    await live(engine, ids(50), 1);
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await engine.idle();
    expect(transport.calls.map((call) => call.length)).toEqual([50, 50]);
    for (const call of transport.calls) expect(new Set(call.map(({ key }) => key)).size).toBe(50);
  });

  it('sends no batch that is larger than asked for, and full ones side by side', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const { opened, open } = gate();
    transport.answer = async (messages) => {
      await opened;
      return messages.map(() => published);
    };
    await live(engine, ids(7), 0);
    await engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      maximumBatchSize: 3,
    });
    await until(() => transport.calls.length === 2);
    await turns();
    // The seventh waits for one of the calls to end.
    expect(transport.calls.map((call) => call.length)).toEqual([3, 3]);
    open();
    await engine.idle();
    expect(transport.published).toHaveLength(7);
  });

  it('lets a lone message of a batch size of one wait for no other', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const slow = gate();
    transport.answer = async (messages) => {
      if (messages[0]?.key === 'default/order-1') await slow.opened;
      return messages.map(() => published);
    };
    await live(engine, ids(3), 2);
    await engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      maximumBatchSize: 1,
    });
    await until(() => transport.published.length === 6);
    slow.open();
    await engine.idle();
    expect(sequencesOf(transport.published, 'order-1')).toEqual([1, 2, 3]);
  });

  it('keeps the order of every order, whatever fails', async () => {
    const { engine, clock } = await testEngine({ random: () => 0.5 });
    const transport = scriptedTransport();
    let count = 0;
    transport.answer = async (messages) => {
      count += 1;
      if (count % 5 === 0) throw unavailable();
      return messages.map(
        (_, at): PublishResult =>
          (count + at) % 3 === 0 ? { status: 'failed', error: unavailable() } : published,
      );
    };
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await live(engine, ids(20), 4);
    await clock.runTo(clock.now() + 600 * second, () => engine.idle());
    for (const orderId of ids(20)) {
      expect(sequencesOf(transport.published, orderId)).toEqual([1, 2, 3, 4, 5]);
    }
    expect(await engine.subscriptions.parked('out')).toEqual([]);
  });

  it('parks what is refused, with what comes after it of the same order, and nothing else', async () => {
    const { engine, log } = await testEngine();
    const transport = scriptedTransport();
    let isRefusing = true;
    transport.answer = async (messages) =>
      messages.map(({ key, sequence }) =>
        isRefusing && key === 'default/order-2' && sequence === 2
          ? { status: 'refused', reason: 'The body is too large.' }
          : published,
      );
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await live(engine, ids(3), 2);
    await engine.idle();
    const parked = await engine.subscriptions.parked('out');
    expect(parked.map(({ event, error }) => [event.orderId, event.version, error])).toEqual([
      ['order-2', 2, 'scripted refused the message: The body is too large.'],
      ['order-2', 3, null],
    ]);
    expect(transport.published).toHaveLength(7);
    expect(log.map(({ message }) => message)).toEqual([
      'An event failed permanently and is parked.',
    ]);
    isRefusing = false;
    await engine.subscriptions.retry('out');
    await engine.idle();
    expect(sequencesOf(transport.published, 'order-2')).toEqual([1, 2, 3]);
  });

  it('never parks what failed, whatever the error, and tries it again until it goes', async () => {
    const { engine, clock } = await testEngine();
    const transport = scriptedTransport();
    const permanent = Object.assign(new Error('for good'), {
      [Symbol.for('orderchart.permanentHandlerError')]: true,
    });
    const errors: readonly unknown[] = [permanent, unavailable(), new Error('foreign'), undefined];
    const answers: readonly (() => PublishResult[] | undefined)[] = [
      ...errors.map((error) => () => [{ status: 'failed', error }] as PublishResult[]),
      ...errors.map((error) => () => {
        throw error;
      }),
      () => [],
      () => [published, published],
      () => undefined,
      () => [{ status: 'perhaps' }] as never,
      () => [undefined] as never,
    ];
    let turn = 0;
    transport.answer = async () => {
      const answer = answers[turn];
      turn += 1;
      return answer === undefined ? [published] : (answer() as PublishResult[]);
    };
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await engine.execute(place('order-1'));
    await clock.runTo(clock.now() + 600 * second, () => engine.idle());
    expect(transport.calls).toHaveLength(answers.length + 1);
    expect(engine.stats()).toMatchObject({ messagesPublished: 1, eventsParked: 0 });
  });

  it('names what a transport did wrong in the log', async () => {
    const { engine, clock, log } = await testEngine();
    const transport = scriptedTransport();
    const answers = [async () => [], async () => Promise.reject(new TypeError('foreign'))];
    transport.answer = async () => (answers.shift() ?? (async () => [published]))();
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await engine.execute(place('order-1'));
    await clock.runTo(clock.now() + 600 * second, () => engine.idle());
    expect(log.map(({ fields }) => (fields['error'] as { code: string }).code)).toEqual([
      'transportDefect',
      'transportUnavailable',
    ]);
  });

  it('holds a bounded number of events while the broker is away, and drains by itself', async () => {
    const { engine, clock } = await testEngine();
    const transport = scriptedTransport();
    let isAway = true;
    let largest = 0;
    transport.answer = async (messages) => {
      largest = Math.max(largest, messages.length);
      if (isAway) throw unavailable();
      return messages.map(() => published);
    };
    const publisher = await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await live(engine, ids(1500), 1);
    await engine.idle();
    for (let round = 0; round < 20; round += 1) {
      clock.advanceBy(second);
      await engine.idle();
    }
    expect(publisher.status().partitions[0]?.unfinished).toBe(1000);
    expect(largest).toBeLessThanOrEqual(256);
    isAway = false;
    await clock.runTo(clock.now() + 60 * second, () => engine.idle());
    expect(transport.published).toHaveLength(3000);
    for (const orderId of ids(1500)) {
      expect(sequencesOf(transport.published, orderId)).toEqual([1, 2]);
    }
    expect(engine.stats().eventsParked).toBe(0);
  });

  it('goes on where it stopped, in another engine', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const queue = createInProcessQueue();
    await engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport: createInProcessTransport({ queue }),
    });
    await live(engine, ids(2), 1);
    await engine.idle();
    await engine.close();
    const { engine: next } = await testEngine({ store, clock });
    await next.startPublishing({
      name: 'out',
      from: 'beginning',
      transport: createInProcessTransport({ queue }),
    });
    await next.execute(annotate('order-1', 'last'));
    await next.idle();
    expect(queue.size).toBe(5);
  });
});
