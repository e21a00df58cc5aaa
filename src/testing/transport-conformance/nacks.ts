import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  assertArrived,
  assertInOrder,
  lane,
  messageOf,
  plain,
  publish,
  publishInTurn,
  upTo,
} from './given.ts';
import { passTime } from './pass-time.ts';

/** More redeliveries than any broker allows by default before it drops or moves a message. */
const nackCount = 30;

export const nackCases = [
  ...casesOf('redelivery', ['consumes', 'redelivers'], {
    'a message that is nacked thirty times is redelivered each time, and never dropped': async (
      context,
    ) => {
      const { transport, consume } = context;
      const consumer = await consume({
        handle: (delivery, self) => {
          const isEnough = self.deliveries.length > nackCount;
          void (isEnough ? self.ack(delivery) : self.nack(delivery));
        },
      });
      const message = messageOf(1);
      await publish(transport, message);
      const deliveries = await consumer.untilCount(nackCount + 1);
      await consumer.settled();
      for (const { attempt } of deliveries.slice(1)) assert.ok(attempt > 1, `attempt ${attempt}`);
      for (const one of consumer.messages) assert.deepStrictEqual(plain(one), plain(message));
    },

    'a nack while later messages of its key are in flight loses none of them': async (context) => {
      const { transport, consume } = context;
      const messages = lane('key-1', 6);
      await publishInTurn(transport, messages);
      const consumer = await consume({ handle: 'hold' });
      // Wait for one only: a transport may deliver one message of a key at a time.
      const [first] = await consumer.untilCount(1);
      await passTime(context, consumer, 3);
      assert.ok(first);
      const others = [...consumer.inFlight].filter((delivery) => delivery !== first);
      void consumer.nack(first);
      const acks = await Promise.all(others.map((delivery) => consumer.ack(delivery)));
      await consumer.drain([...messages]);
      const own = consumer.messages.filter(({ key }) => key === 'key-1');
      assertArrived(own, messages);
      if (transport.features.ordered) assertInOrder(own);
      for (const [index, { message }] of others.entries()) {
        const times = consumer.messages.filter(({ id }) => id === message.id).length;
        if (acks[index]) assert.equal(times, 1, `${message.id} was acked, and redelivered`);
      }
    },

    'a nack redelivers no acked message, not even one of the same batch': async ({
      transport,
      consume,
    }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(6).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const deliveries = [...(await consumer.untilAll(messages))];
      const nacked = deliveries.filter((_, index) => index % 3 === 2);
      const others = deliveries.filter((delivery) => !nacked.includes(delivery));
      const reached = await Promise.all(others.map((delivery) => consumer.ack(delivery)));
      await Promise.all(nacked.map((delivery) => consumer.nack(delivery)));
      await consumer.untilCount(messages.length + nacked.length);
      // A round trip to the broker, in which wrong redeliveries would have arrived.
      const last = messageOf(7);
      await publish(transport, last);
      await consumer.untilAll([last]);
      await consumer.drain([...messages, last]);
      const done = new Set(others.filter((_, at) => reached[at]).map(({ message }) => message.id));
      const again = consumer.messages.slice(messages.length).filter(({ id }) => done.has(id));
      assert.deepEqual(again, [], 'acked messages are not redelivered');
    },

    'changes that a consumer makes to a message do not appear in the next delivery': async (
      context,
    ) => {
      const { transport, consume } = context;
      const copies: object[] = [];
      const consumer = await consume({
        handle: (delivery, self) => {
          copies.push(plain(delivery.message));
          delivery.message.body.fill(0);
          void (copies.length === 1 ? self.nack(delivery) : self.ack(delivery));
        },
      });
      const message = messageOf(1);
      await publish(transport, message);
      await consumer.untilCount(2);
      assert.deepEqual(copies, [plain(message), plain(message)]);
    },
  }),

  ...casesOf('delivery', ['consumes', 'redelivers'], {
    'a delivery in flight does not change while others are delivered': async ({
      transport,
      consume,
    }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(5).map((number) => messageOf(number));
      for (const message of messages) {
        await publish(transport, message);
        await consumer.untilAll([message]);
      }
      assert.deepEqual(consumer.messages.map(plain), messages.map(plain));
    },
  }),

  ...casesOf('redelivery', ['consumes', 'redelivers', 'tellsFirstDelivery'], {
    'the first delivery of a message that waited for a consumer is attempt 1': async (context) => {
      const { transport, consume } = context;
      const messages = upTo(20).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const consumer = await consume();
      await consumer.untilAll(messages);
      assert.deepEqual(
        consumer.deliveries.map(({ attempt }) => attempt),
        messages.map(() => 1),
      );
    },
  }),

  ...casesOf('redelivery', ['consumes', 'redelivers', 'tellsFirstDelivery'], {
    'a message that an earlier consumer did not receive is attempt 1 for the next one': async (
      context,
    ) => {
      const { transport, consume } = context;
      // Include several of one key: a message that waits for an earlier one has not been delivered.
      const messages = [...upTo(10).map((number) => messageOf(number)), ...lane('key-1', 3)];
      const first = await consume({ handle: 'hold', maximumInFlight: 2 });
      await publishInTurn(transport, messages);
      await first.untilInFlight(2);
      await first.end();
      const given = new Set(first.messages.map(({ id }) => id));
      const second = await consume();
      await second.untilAll(messages);
      const wrong = second.deliveries
        .filter(({ message }) => !given.has(message.id))
        .filter(({ attempt }) => attempt > 1);
      assert.deepEqual(
        wrong.map(({ message, attempt }) => `${message.id}: attempt ${attempt}`),
        [],
      );
    },
  }),

  ...casesOf('redelivery', ['consumes', 'redelivers', 'ordered'], {
    'messages that a consumer returns reach the next consumer in order, before later messages':
      async (context) => {
        const { transport, consume } = context;
        const messages = lane('key-1', 8);
        const others = upTo(3).flatMap((number) => lane(`other-${number}`, 3));
        await publishInTurn(transport, [...messages.slice(0, 4), ...others]);
        const first = await consume({ handle: 'hold', maximumInFlight: 4 });
        await first.untilCount(1);
        await publishInTurn(transport, messages.slice(4));
        await first.end();
        const second = await consume();
        await second.untilAll([...messages, ...others]);
        assertInOrder(second.messages);
      },
  }),
];
