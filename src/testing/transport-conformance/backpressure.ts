import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, messageOf, publish, upTo } from './given.ts';

/** Fills a consumer that acks nothing, publishes more, then acks one message after the other. */
async function fillAndDrain(
  context: TransportConformanceContext,
  maximumInFlight: number,
): Promise<Consumer> {
  const { transport, consume } = context;
  const consumer = await consume({ handle: 'hold', maximumInFlight });
  const messages = upTo(40).map((number) => messageOf(number));
  await publish(transport, ...messages.slice(0, 20));
  await consumer.untilInFlight(maximumInFlight);
  // Each confirmation takes a round trip, in which messages beyond the limit would have arrived.
  for (const message of messages.slice(20)) await publish(transport, message);
  assert.equal(consumer.deliveries.length, maximumInFlight, 'no message beyond the limit arrived');
  await consumer.drain(messages);
  assertArrived(consumer.messages, messages);
  return consumer;
}

export const backpressureCases = [
  ...casesOf('backpressure', ['consumes', 'redelivers'], {
    'at most `maximumInFlight` messages are in flight': async (context) => {
      const consumer = await fillAndDrain(context, 5);
      assert.equal(consumer.mostInFlight, 5);
    },

    'with `maximumInFlight` 1, messages are delivered one at a time': async (context) => {
      const consumer = await fillAndDrain(context, 1);
      assert.equal(consumer.mostInFlight, 1);
    },

    'at most `maximumInFlight` messages are in flight when several are acked at once': async (
      context,
    ) => {
      const { transport, consume } = context;
      const consumer = await consume({ handle: 'hold', maximumInFlight: 4 });
      const messages = upTo(40).map((number) => messageOf(number));
      await publish(transport, ...messages);
      for (const count of [2, 3, 4, 2, 3, 4]) {
        await consumer.untilInFlight(4);
        for (const delivery of [...consumer.inFlight].slice(0, count)) void consumer.ack(delivery);
      }
      await consumer.drain(messages);
      assert.ok(consumer.mostInFlight <= 4, `${consumer.mostInFlight} in flight, 4 allowed`);
      assertArrived(consumer.messages, messages);
    },

    'a nack makes room just as an ack does': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold', maximumInFlight: 2 });
      const messages = upTo(6).map((number) => messageOf(number));
      await publish(transport, ...messages);
      for (const _ of upTo(5)) {
        await consumer.untilInFlight(2);
        for (const delivery of [...consumer.inFlight]) void consumer.nack(delivery);
      }
      await consumer.drain(messages);
      assert.ok(consumer.mostInFlight <= 2, `${consumer.mostInFlight} in flight, 2 allowed`);
    },

    'a nack with a delay makes room only once': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold', maximumInFlight: 2 });
      const messages = upTo(40).map((number) => messageOf(number));
      await publish(transport, ...messages.slice(0, 35));
      for (const _ of upTo(4)) {
        await consumer.untilInFlight(2);
        for (const delivery of [...consumer.inFlight]) void consumer.nack(delivery, 20);
        await consumer.settled();
      }
      await consumer.untilInFlight(2);
      // The delays end in real time. Each confirmation takes a round trip, in which messages beyond
      // the limit would have arrived.
      await pause(100);
      for (const message of messages.slice(35)) await publish(transport, message);
      assert.ok(consumer.mostInFlight <= 2, `${consumer.mostInFlight} in flight, 2 allowed`);
      await consumer.drain(messages);
      assert.ok(consumer.mostInFlight <= 2, `${consumer.mostInFlight} in flight, 2 allowed`);
    },

    'a stuck consumer does not block publishers': async (context) => {
      const { transport, consume, within } = context;
      const consumer = await consume({ handle: 'hold', maximumInFlight: 1 });
      const batches = upTo(20).map((batch) => upTo(10).map((at) => messageOf(batch * 100 + at)));
      for (const batch of batches) {
        await within('`publish` settles while a consumer is stuck', publish(transport, ...batch));
      }
      await consumer.drain(batches.flat());
      assertArrived(consumer.messages, batches.flat());
    },
  }),
];
