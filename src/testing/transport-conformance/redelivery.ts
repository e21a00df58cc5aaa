import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, messageOf, plain, publish, upTo } from './given.ts';
import { persist } from './persist.ts';

/** Nacks the first delivery of each message, and acks its redelivery. */
const nackOnce =
  (delayMs?: number) =>
  (delivery: Delivery, consumer: Consumer): void => {
    const { id } = delivery.message;
    const count = consumer.messages.filter((message) => message.id === id).length;
    void (count === 1 ? consumer.nack(delivery, delayMs) : consumer.ack(delivery));
  };

function attemptsOf(deliveries: readonly Delivery[], id: string): readonly number[] {
  return deliveries.filter(({ message }) => message.id === id).map(({ attempt }) => attempt);
}

/** Checks that the message was redelivered, each time with an attempt above 1. */
function assertCameAgain(deliveries: readonly Delivery[], id: string): void {
  const [first = 0, ...later] = attemptsOf(deliveries, id);
  assert.ok(first >= 1, `the first attempt of ${id} is 1 or more`);
  assert.ok(later.length > 0, `${id} was redelivered`);
  for (const attempt of later)
    assert.ok(attempt > 1, `${id} was redelivered as attempt ${attempt}`);
}

export const redeliveryCases = [
  ...casesOf('redelivery', ['consumes', 'redelivers'], {
    'a nacked message is redelivered unchanged, with an attempt above 1': async ({
      transport,
      consume,
    }) => {
      const consumer = await consume({ handle: nackOnce() });
      const messages = upTo(5).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.untilCount(10);
      for (const { id } of messages) assertCameAgain(consumer.deliveries, id);
      assertArrived(consumer.messages, messages);
    },

    '`ack` and `nack` work when detached from their delivery': async ({ transport, consume }) => {
      const failures: unknown[] = [];
      const consumer = await consume({
        handle: ({ message, ack, nack }, { messages }) => {
          const isFirst = messages.filter(({ id }) => id === message.id).length === 1;
          const settle = async () => (isFirst ? nack() : ack());
          settle().catch((error: unknown) => failures.push(error));
        },
      });
      await publish(transport, messageOf(1));
      await consumer.untilCount(2);
      assert.deepEqual(failures, []);
    },

    'a message nacked with a delay is redelivered': async ({ transport, consume }) => {
      const consumer = await consume({ handle: nackOnce(200) });
      const message = messageOf(1);
      await publish(transport, message);
      await consumer.untilCount(2);
      assertCameAgain(consumer.deliveries, message.id);
    },

    'a message nacked with a long delay does not block other keys': async (context) => {
      const { transport, consume, patienceMs } = context;
      const consumer = await consume({
        handle: (delivery, self) => {
          const isFirst = delivery.message.id === 'message-1';
          void (isFirst ? self.nack(delivery, 3 * patienceMs) : self.ack(delivery));
        },
      });
      await publish(transport, messageOf(1));
      await consumer.untilCount(1);
      await consumer.settled();
      const others = upTo(5).map((number) => messageOf(number + 1));
      await publish(transport, ...others);
      await consumer.untilAll(others);
    },

    'messages that a consumer held when it was closed reach the next one': async (context) => {
      const { transport, consume } = context;
      const messages = upTo(5).map((number) => messageOf(number));
      const first = await consume({ handle: 'hold' });
      await publish(transport, ...messages);
      await first.untilAll(messages);
      await first.end();
      const second = await consume();
      await second.untilAll(messages);
      assertArrived(second.messages, messages);
      for (const { id } of messages) {
        assert.ok(
          (attemptsOf(second.deliveries, id)[0] ?? 0) > 1,
          `${id} says that it came before`,
        );
      }
    },

    'a message held by thirty consumers in turn when they were closed reaches the next one':
      async ({ transport, consume }) => {
        const message = messageOf(1);
        await publish(transport, message);
        for (const _ of upTo(30)) {
          const consumer = await consume({ handle: 'hold' });
          await consumer.untilAll([message]);
          await consumer.end();
        }
        const last = await consume();
        await last.untilAll([message]);
        assertArrived(last.messages, [message]);
      },

    'acked messages are not redelivered': async ({ transport, consume }) => {
      const messages = upTo(10).map((number) => messageOf(number));
      const first = await consume();
      await publish(transport, ...messages);
      await first.untilAll(messages);
      await first.settled();
      await first.end();
      const second = await consume();
      const last = messageOf(11);
      await publish(transport, last);
      await second.untilAll([last]);
      assert.deepEqual(second.messages.map(plain), [plain(last)]);
    },

    'acks count in any order': async ({ transport, consume }) => {
      const messages = upTo(10).map((number) => messageOf(number));
      const first = await consume({ handle: 'hold' });
      await publish(transport, ...messages);
      const deliveries = await first.untilAll(messages);
      for (const delivery of [...deliveries].reverse()) void first.ack(delivery);
      await first.settled();
      await first.end();
      const second = await consume();
      const last = messageOf(11);
      await publish(transport, last);
      await second.untilAll([last]);
      assert.deepEqual(second.messages.map(plain), [plain(last)]);
    },

    'acking some messages does not ack the others': async ({ transport, consume }) => {
      const messages = upTo(10).map((number) => messageOf(number));
      const first = await consume({ handle: 'hold' });
      await publish(transport, ...messages);
      const deliveries = [...(await first.untilAll(messages))];
      const held = deliveries.filter((_, index) => index % 2 === 0);
      for (const delivery of deliveries) if (!held.includes(delivery)) void first.ack(delivery);
      await first.end();
      await first.settled();
      const second = await consume();
      const expected = held.map((delivery) => delivery.message);
      await second.untilAll(expected);
      for (const message of second.messages) {
        const original = messages.find(({ id }) => id === message.id);
        assert.ok(original, `${message.id} was published`);
        assert.deepStrictEqual(plain(message), plain(original));
      }
    },
  }),

  ...casesOf('redelivery', ['consumes', 'redelivers', 'again'], {
    'messages that a transport held when it was closed reach another one': async (context) => {
      const { transport, again, consume, within } = context;
      const messages = upTo(5).map((number) => messageOf(number));
      const other = await again();
      const first = await consume({ transport: other, handle: 'hold' });
      await publish(transport, ...messages);
      await first.untilAll(messages);
      await within('`close` settles', other.close());
      const second = await consume();
      await second.untilAll(messages);
      for (const { id } of messages) {
        assert.ok(
          (attemptsOf(second.deliveries, id)[0] ?? 0) > 1,
          `${id} says that it came before`,
        );
      }
    },
  }),

  ...casesOf(
    'redelivery',
    ['consumes', 'redelivers', 'again', 'deadlineMs', 'concurrentConsumers'],
    {
      'a message in flight for longer than the broker waits stays with its consumer': async (
        context,
      ) => {
        const { transport, again, consume, deadlineMs } = context;
        const holder = await consume({ handle: 'hold' });
        const message = messageOf(1);
        await publish(transport, message);
        const [delivery] = await holder.untilCount(1);
        const other = await consume({ transport: await again() });
        // Wait in real time, since the broker measures it.
        await pause(3 * deadlineMs);
        assert.equal(other.deliveries.length, 0, 'the other consumer does not get it');
        assert.equal(holder.deliveries.length, 1, 'it is not redelivered');
        assert.ok(delivery);
        assert.equal(await holder.ack(delivery), true, 'the ack still counts');
      },

      'a message in flight stays with its consumer after `stop`, for longer than the broker waits':
        async (context) => {
          const { transport, again, consume, deadlineMs } = context;
          const holder = await consume({ handle: 'hold' });
          await publish(transport, messageOf(1));
          const [delivery] = await holder.untilCount(1);
          await holder.consumption.stop();
          const other = await consume({ transport: await again() });
          await pause(3 * deadlineMs);
          assert.equal(other.deliveries.length, 0, 'the other consumer does not get it');
          assert.ok(delivery);
          assert.equal(await holder.ack(delivery), true, 'the ack still counts');
        },

      'messages fetched together stay with their consumer, whichever is answered first': async (
        context,
      ) => {
        const { transport, again, consume, deadlineMs } = context;
        const messages = upTo(6).map((number) => messageOf(number));
        await publish(transport, ...messages);
        const holder = await consume({ handle: 'hold' });
        const [acked, nacked, ...held] = await holder.untilAll(messages);
        assert.ok(acked && nacked);
        assert.equal(await holder.ack(acked), true, 'the first ack counts');
        await holder.nack(nacked);
        await holder.untilCount(messages.length + 1);
        const other = await consume({ transport: await again(), handle: 'hold' });
        await pause(3 * deadlineMs);
        assert.equal(other.deliveries.length, 0, 'the other consumer does not get it');
        assert.equal(holder.deliveries.length, messages.length + 1, 'it is not redelivered');
        for (const delivery of held) {
          assert.equal(await holder.ack(delivery), true, 'the ack still counts');
        }
      },
    },
  ),

  ...casesOf(
    'redelivery',
    ['consumes', 'redelivers', 'again', 'deadlineMs', 'concurrentConsumers', 'breakConnection'],
    {
      'a message delivered after a cut stays with its consumer for longer than the broker waits':
        async (context) => {
          const { again, consume, deadlineMs, breakConnection } = context;
          const holder = await consume({ handle: 'hold' });
          await breakConnection();
          const message = messageOf(1);
          await persist(context, message);
          await holder.untilAll([message]);
          const other = await consume({ transport: await again() });
          await pause(3 * deadlineMs);
          assert.equal(other.deliveries.length, 0, 'the other consumer does not get it');
          const latest = holder.deliveries.at(-1);
          assert.ok(latest);
          assert.equal(await holder.ack(latest), true, 'the ack still counts');
        },
    },
  ),
];
