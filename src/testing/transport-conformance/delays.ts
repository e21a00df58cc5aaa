import assert from 'node:assert/strict';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import { assertArrived, messageOf, publish, upTo } from './given.ts';
import { passTime } from './pass-time.ts';

/** Long enough to be distinguished from the time that a broker needs without a delay. */
const delayMs = 400;

/** Delays that are effectively zero. */
const emptyDelays = [0, -1, -(2 ** 31), 0.4];

/** Delays too long for a Node timer, for 32 bits, or for nanoseconds in 64 bits. */
const longDelays = [2 ** 31, 2 ** 32 + 1, 10 ** 13, Number.MAX_SAFE_INTEGER];

/** Delays that clients refuse, or cannot convert: fractions, and what is not a number of milliseconds. */
const unusualDelays = [
  ...emptyDelays,
  ...longDelays,
  1.5,
  20.25,
  10 ** 9 + 0.1,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/** Cases about nacks with a delay. */
export const delayCases = [
  ...casesOf('redelivery', ['consumes', 'redelivers'], {
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

    'a nack resolves, whatever number its delay is': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = unusualDelays.map((_, index) => messageOf(index + 1));
      await publish(transport, ...messages);
      const deliveries = (await consumer.untilAll(messages)).slice(0, messages.length);
      const nacks = deliveries.map((delivery, index) =>
        consumer.nack(delivery, unusualDelays[index]),
      );
      await consumer.settled();
      const reached = await Promise.all(nacks);
      const rejected = unusualDelays.filter((_, index) => !reached[index]);
      assert.deepEqual(rejected, [], 'no nack rejects because of its delay');
      // A delay that is not above 0 means immediately.
      const soon = messages.filter((_, index) => !((unusualDelays[index] ?? 0) > 0));
      await consumer.end();
      const next = await consume();
      await next.untilAll(soon);
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
];
