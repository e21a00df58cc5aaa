import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, messageOf, plain, publish, upTo } from './given.ts';

/** Nacks what comes for the first time, and acks it when it comes again. */
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

/** The message came at least twice, and the later times said so. */
function assertCameAgain(deliveries: readonly Delivery[], id: string): void {
  const [first = 0, ...later] = attemptsOf(deliveries, id);
  assert.ok(first >= 1, `the first attempt of ${id} is 1 or more`);
  assert.ok(later.length > 0, `${id} came again`);
  for (const attempt of later) assert.ok(attempt > 1, `${id} came again as attempt ${attempt}`);
}

export const redeliveryCases = [
  ...casesOf('redelivery', ['consumes', 'redelivers'], {
    'a nacked message comes again, unchanged, and says so': async ({ transport, consume }) => {
      const consumer = await consume({ handle: nackOnce() });
      const messages = upTo(5).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.untilCount(10);
      for (const { id } of messages) assertCameAgain(consumer.deliveries, id);
      assertArrived(consumer.messages, messages);
    },

    '`ack` and `nack` may be taken out of their delivery': async ({ transport, consume }) => {
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

    'a message nacked with a delay comes again': async ({ transport, consume }) => {
      const consumer = await consume({ handle: nackOnce(200) });
      const message = messageOf(1);
      await publish(transport, message);
      await consumer.untilCount(2);
      assertCameAgain(consumer.deliveries, message.id);
    },

    'a message nacked with a long delay holds up no other key': async (context) => {
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

    'what a consumer held when it was closed comes to the next one': async (context) => {
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

    'what thirty consumers held when they were closed comes to the next one, and is not given up':
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

    'what was acked does not come again': async ({ transport, consume }) => {
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

    'acks in any order count': async ({ transport, consume }) => {
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

    'acks of some do not swallow the others': async ({ transport, consume }) => {
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
    'what a transport held when it was closed comes to another one': async (context) => {
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
      'what is in hand for longer than the broker waits stays ours': async (context) => {
        const { transport, again, consume, deadlineMs } = context;
        const holder = await consume({ handle: 'hold' });
        const message = messageOf(1);
        await publish(transport, message);
        const [delivery] = await holder.untilCount(1);
        const other = await consume({ transport: await again() });
        // Real time has to pass: the broker measures it.
        await pause(3 * deadlineMs);
        assert.equal(other.deliveries.length, 0, 'nobody else gets it');
        assert.equal(holder.deliveries.length, 1, 'and it does not come again');
        assert.ok(delivery);
        assert.equal(await holder.ack(delivery), true, 'the ack still counts');
      },

      'what came together stays ours for as long as it is in hand, whatever is answered first':
        async (context) => {
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
          assert.equal(other.deliveries.length, 0, 'nobody else gets it');
          assert.equal(holder.deliveries.length, messages.length + 1, 'and it does not come again');
          for (const delivery of held) {
            assert.equal(await holder.ack(delivery), true, 'the ack still counts');
          }
        },
    },
  ),
];
