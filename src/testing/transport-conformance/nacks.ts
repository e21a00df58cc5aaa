import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
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

/** More redeliveries than any broker allows by default before it drops or moves a message. */
const nackCount = 30;

/** Long enough to be distinguished from the time that a broker needs without a delay. */
const delayMs = 400;

/** Delays that are effectively zero. */
const emptyDelays = [0, -1, -(2 ** 31), 0.4];

/** Delays too long for a Node timer, for 32 bits, or for nanoseconds in 64 bits. */
const longDelays = [2 ** 31, 2 ** 32 + 1, 10 ** 13, Number.MAX_SAFE_INTEGER];

/**
 * Publishes and consumes `count` messages, one after the other. It also waits in real time: some
 * brokers are so fast that a timer that wrongly fires immediately would still fire too late.
 */
async function passTime(
  { transport }: TransportConformanceContext,
  consumer: Consumer,
  count: number,
): Promise<void> {
  for (const number of upTo(count)) {
    const message = messageOf(1_000 + number);
    await publish(transport, message);
    await consumer.untilAll([message]);
    await pause(5);
  }
}

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

    'a message nacked with a delay is redelivered with an attempt above 1': async ({
      transport,
      consume,
    }) => {
      const consumer = await consume({
        handle: (delivery, self) => {
          const isEnough = self.deliveries.length > 3;
          void (isEnough ? self.ack(delivery) : self.nack(delivery, 20));
        },
      });
      await publish(transport, messageOf(1));
      const [, ...later] = await consumer.untilCount(4);
      for (const { attempt } of later)
        assert.ok(attempt > 1, `it was redelivered as attempt ${attempt}`);
    },

    'a message nacked with a delay is redelivered even if its consumption is closed first': async (
      context,
    ) => {
      const { transport, consume } = context;
      const messages = upTo(3).map((number) => messageOf(number));
      const first = await consume({ handle: 'hold' });
      await publish(transport, ...messages);
      for (const delivery of [...(await first.untilAll(messages))]) {
        void first.nack(delivery, delayMs);
      }
      await first.settled();
      await first.end();
      const second = await consume();
      await second.untilAll(messages);
      assertArrived(second.messages, messages);
    },

    'a message nacked with a zero, negative or fractional delay is redelivered soon': async (
      context,
    ) => {
      const { transport, consume } = context;
      const seen = new Set<string>();
      const consumer = await consume({
        handle: ({ message, ...delivery }, self) => {
          const whole: Delivery = { message, ...delivery };
          const delay = emptyDelays[Number(message.id.split('-')[1]) - 1];
          void (seen.has(message.id) ? self.ack(whole) : self.nack(whole, delay));
          seen.add(message.id);
        },
      });
      const messages = emptyDelays.map((_, index) => messageOf(index + 1));
      await publish(transport, ...messages);
      await consumer.untilCount(2 * messages.length);
      assertArrived(consumer.messages, messages);
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

  ...casesOf('redelivery', ['consumes', 'redelivers', 'delays'], {
    'a nacked message is not redelivered before its delay is over': async (context) => {
      const { transport, consume } = context;
      const times: number[] = [];
      const consumer = await consume({
        handle: (delivery, self) => {
          times.push(performance.now());
          void (times.length === 1 ? self.nack(delivery, delayMs) : self.ack(delivery));
        },
      });
      await publish(transport, messageOf(1));
      await consumer.untilCount(2);
      const [nackedAt = 0, cameAt = 0] = times;
      // The broker has its own clock, so allow a tenth. A wrong unit would be off by far more.
      const waitedMs = cameAt - nackedAt;
      assert.ok(
        waitedMs >= 0.9 * delayMs,
        `it was redelivered after ${waitedMs} ms, not after ${delayMs}`,
      );
    },

    'a huge delay is treated as long, not as none': async (context) => {
      const { transport, consume } = context;
      const consumer = await consume({
        handle: (delivery, self) => {
          const delay = longDelays[Number(delivery.message.id.split('-')[1]) - 1];
          void (delay === undefined ? self.ack(delivery) : self.nack(delivery, delay));
        },
      });
      const messages = longDelays.map((_, index) => messageOf(index + 1));
      await publish(transport, ...messages);
      await consumer.untilAll(messages);
      await consumer.settled();
      await passTime(context, consumer, 20);
      assertArrived(consumer.messages.slice(0, messages.length), messages);
      const counts = messages.map(
        ({ id }) => consumer.messages.filter((one) => one.id === id).length,
      );
      assert.deepEqual(
        counts,
        longDelays.map(() => 1),
        'none of them is redelivered immediately',
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
