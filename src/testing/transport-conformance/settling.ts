import assert from 'node:assert/strict';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, messageOf, publish, upTo } from './given.ts';

/** Answers with `first`, then twice with `second`. Every answer must settle. */
async function answerThrice(
  consumer: Consumer,
  delivery: Delivery,
  first: 'ack' | 'nack',
  second: 'ack' | 'nack',
): Promise<void> {
  // Do not wait in between: a second answer may come before the first one has settled.
  void consumer[first](delivery);
  void consumer[second](delivery);
  await consumer.settled();
  void consumer[second](delivery);
  await consumer.settled();
}

/** Publishes messages to a consumer that holds them, and returns its deliveries. */
async function held(
  { transport, consume }: TransportConformanceContext,
  count: number,
): Promise<{ readonly consumer: Consumer; readonly deliveries: readonly Delivery[] }> {
  const consumer = await consume({ handle: 'hold' });
  const messages = upTo(count).map((number) => messageOf(number));
  await publish(transport, ...messages);
  return { consumer, deliveries: [...(await consumer.untilAll(messages))] };
}

/** Returns what is left on the place: waits for the expected messages and for a new one. */
async function leftOn(
  context: TransportConformanceContext,
  expected: readonly Delivery[] = [],
): Promise<readonly string[]> {
  const next = await context.consume();
  const last = messageOf(99);
  await publish(context.transport, last);
  await next.untilAll([...expected.map(({ message }) => message), last]);
  await next.settled();
  await next.end();
  const ids = new Set(next.messages.map(({ id }) => id));
  ids.delete(last.id);
  return [...ids].sort();
}

export const settlingCases = [
  ...casesOf('settling', ['consumes', 'redelivers'], {
    'acking a delivery twice acks no other delivery, and breaks nothing': async (context) => {
      const { consumer, deliveries } = await held(context, 5);
      const [first, ...others] = deliveries;
      assert.ok(first);
      await answerThrice(consumer, first, 'ack', 'ack');
      // The connection still works: other deliveries can be acked, and new messages arrive.
      const last = others.pop() as Delivery;
      assert.equal(await consumer.ack(last), true, 'another ack reaches the broker');
      const fresh = messageOf(6);
      await publish(context.transport, fresh);
      await consumer.untilAll([fresh]);
      await consumer.end();
      const rest = [...others.map(({ message }) => message), fresh];
      const second = await context.consume();
      await second.untilAll(rest);
      // A broker that stores a single position may redeliver messages after that position.
      assertArrived(
        second.messages.filter(({ id }) => id !== last.message.id),
        rest,
      );
    },

    'a nack after an ack changes nothing: the message stays acked': async (context) => {
      const { consumer, deliveries } = await held(context, 3);
      for (const delivery of deliveries) await answerThrice(consumer, delivery, 'ack', 'nack');
      await consumer.end();
      assert.deepEqual(await leftOn(context), []);
      assert.equal(consumer.deliveries.length, 3, 'nothing is redelivered');
    },

    'an ack after a nack changes nothing: the message is redelivered, and stays until it is acked':
      async (context) => {
        const { consumer, deliveries } = await held(context, 3);
        for (const delivery of deliveries) await answerThrice(consumer, delivery, 'nack', 'ack');
        await consumer.untilCount(6);
        // Repeat the old answers while the redelivered message is in flight.
        for (const delivery of deliveries) void consumer.ack(delivery);
        await consumer.settled();
        await consumer.end();
        assert.deepEqual(await leftOn(context, deliveries), [
          'message-1',
          'message-2',
          'message-3',
        ]);
      },

    'answering a delivery twice makes room for one message only': async ({
      transport,
      consume,
    }) => {
      const consumer = await consume({ handle: 'hold', maximumInFlight: 2 });
      const messages = upTo(12).map((number) => messageOf(number));
      await publish(transport, ...messages);
      for (const answer of ['ack', 'nack', 'ack'] as const) {
        await consumer.untilInFlight(2);
        const [delivery] = consumer.inFlight;
        assert.ok(delivery);
        await answerThrice(consumer, delivery, answer, 'ack');
        // A round trip to the broker, in which messages beyond the limit would have arrived.
        await publish(transport, messageOf(100 + consumer.deliveries.length));
      }
      await consumer.drain(messages);
      assert.ok(consumer.mostInFlight <= 2, `${consumer.mostInFlight} in flight, 2 allowed`);
    },

    'an ack after its consumption was closed rejects, and acks nothing of the next consumer':
      async (context) => {
        const { consumer, deliveries } = await held(context, 3);
        await consumer.end();
        const second = await context.consume({ handle: 'hold' });
        await second.untilCount(3);
        for (const delivery of deliveries) {
          assert.equal(await consumer.ack(delivery), false, 'an ack that comes too late rejects');
        }
        for (const delivery of deliveries) void consumer.nack(delivery);
        await consumer.settled();
        await second.end();
        assert.deepEqual(await leftOn(context, deliveries), [
          'message-1',
          'message-2',
          'message-3',
        ]);
      },

    'acks in progress when a consumption is closed reach the broker': async (context) => {
      const { consumer, deliveries } = await held(context, 20);
      const acks = deliveries.map((delivery) => consumer.ack(delivery));
      await consumer.end();
      const reached = await context.within('every ack settles', Promise.all(acks));
      assert.ok(!reached.includes(false), 'every ack reaches the broker');
      assert.deepEqual(await leftOn(context), []);
    },
  }),

  ...casesOf('settling', ['consumes', 'redelivers', 'again'], {
    'acks in progress when a transport is closed reach the broker': async (context) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const consumer = await consume({ transport: other, handle: 'hold' });
      const messages = upTo(20).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const deliveries = [...(await consumer.untilAll(messages))];
      const acks = deliveries.map((delivery) => consumer.ack(delivery));
      await within('`close` settles', other.close());
      const reached = await within('every ack settles', Promise.all(acks));
      assert.ok(!reached.includes(false), 'every ack reaches the broker');
      assert.deepEqual(await leftOn(context), []);
    },

    'an ack that resolved counts, even if its transport is closed immediately afterwards': async (
      context,
    ) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const consumer = await consume({ transport: other, handle: 'hold' });
      const messages = upTo(20).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const deliveries = [...(await consumer.untilAll(messages))];
      const acks = deliveries.map((delivery) => consumer.ack(delivery));
      await within('`close` settles', other.close());
      const reached = await within('every ack settles', Promise.all(acks));
      const left = await leftOn(context);
      const done = deliveries.filter((_, index) => reached[index]).map(({ message }) => message.id);
      assert.deepEqual(
        left.filter((id) => done.includes(id)),
        [],
        'no message whose ack resolved is redelivered',
      );
    },
  }),
];
