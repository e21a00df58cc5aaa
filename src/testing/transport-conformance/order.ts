import { casesOf } from './case.ts';
import {
  assertArrived,
  assertInOrder,
  firstsOf,
  lanes,
  messageOf,
  publish,
  publishInTurn,
  twinKeys,
  upTo,
} from './given.ts';

export const orderCases = [
  ...casesOf('order per key', ['arrivals', 'ordered'], {
    'messages of one key arrive in the order of publishing, with many keys at once': async (
      context,
    ) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const all = lanes(20, 10);
      await Promise.all(all.map((messages) => publishInTurn(transport, messages)));
      const arrived = await seen.until(all.flat());
      assertArrived(arrived, all.flat());
      assertInOrder(arrived);
    },

    'messages of one key in successive batches stay in order': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const all = lanes(12, 10);
      for (const index of upTo(10)) {
        const batch = all.flatMap((messages) => messages.slice(index - 1, index));
        // Rotate the keys, so that every batch has another order of keys.
        await publish(transport, ...batch.slice(index), ...batch.slice(0, index));
      }
      const arrived = await seen.until(all.flat());
      assertArrived(arrived, all.flat());
      assertInOrder(arrived);
    },
  }),

  ...casesOf('order per key', ['consumes', 'redelivers'], {
    'keys that look alike do not wait for one another': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = twinKeys.map((key, index) => messageOf(index, { key }));
      await publishInTurn(transport, messages);
      // None is answered: an adapter that confuses two keys would hold back the second message.
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },
  }),

  ...casesOf('order per key', ['consumes', 'ordered', 'redelivers'], {
    'a backlog is delivered in order, even to a consumer that takes few messages at a time':
      async ({ transport, consume }) => {
        const all = lanes(5, 10);
        await Promise.all(all.map((messages) => publishInTurn(transport, messages)));
        const consumer = await consume({ maximumInFlight: 3 });
        await consumer.untilAll(all.flat());
        assertInOrder(consumer.messages);
      },
  }),

  ...casesOf('order per key', ['consumes', 'ordered', 'again', 'concurrentConsumers'], {
    'with several consumers, each one sees the messages of a key in order': async (context) => {
      const { transport, again, consume, eventually } = context;
      const consumers = [await consume({ maximumInFlight: 4 })];
      for (const _ of upTo(2)) {
        consumers.push(await consume({ transport: await again(), maximumInFlight: 4 }));
      }
      const all = lanes(10, 10);
      await Promise.all(all.map((messages) => publishInTurn(transport, messages)));
      const arrived = () => consumers.flatMap((consumer) => consumer.messages);
      await eventually(
        'every message reaches one of three consumers',
        () => firstsOf(arrived()).length === 100,
      );
      assertArrived(arrived(), all.flat());
      for (const consumer of consumers) assertInOrder(consumer.messages);
    },
  }),
];
