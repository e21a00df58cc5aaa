import assert from 'node:assert/strict';
import type { TransportMessage } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import { messageOf, publish, publishInTurn, upTo } from './given.ts';
import { persist, persistInTurn } from './persist.ts';

/** Cases about the time after a connection was lost and restored. */
export const afterwardsCases = [
  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'long after the connection was cut several times, each message arrives once': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume();
      for (const number of upTo(3)) {
        await breakConnection();
        const probe = messageOf(number);
        await persist(context, probe);
        // Once it has arrived, consuming has resumed, with everything that reconnecting set up.
        await consumer.untilAll([probe]);
        await consumer.settled();
      }
      const later = upTo(10).map((number) => messageOf(10 + number));
      await publishInTurn(transport, later);
      await consumer.untilAll(later);
      const counts = later.map(({ id }) => consumer.messages.filter((one) => one.id === id).length);
      assert.deepEqual(
        counts,
        later.map(() => 1),
        'each message arrives once',
      );
    },

    'a stopped or closed consumption does not resume when the connection is restored': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const closed = await consume();
      await publish(transport, messageOf(1));
      await closed.untilCount(1);
      await closed.settled();
      await closed.end();
      const stopped = await consume();
      await stopped.consumption.stop();
      await breakConnection();
      await persistInTurn(
        context,
        upTo(5).map((number) => messageOf(number + 1)),
      );
      await stopped.end();
      const next = await consume();
      await next.untilAll(upTo(5).map((number) => messageOf(number + 1)));
      assert.equal(closed.deliveries.length, 1, 'a closed consumption gets nothing more');
      assert.equal(stopped.deliveries.length, 0, 'a stopped consumption gets nothing more');
    },

    'an ack of a message delivered before a cut rejects, or the message is not redelivered': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const held = [...(await consumer.untilAll(messages))];
      await breakConnection();
      await persist(context, messageOf(11));
      // Once it has arrived, there is a new connection, so no ack can still use the old one.
      await consumer.untilAll([messageOf(11)]);
      const reached = await context.within(
        'every ack settles',
        Promise.all(held.map((delivery) => consumer.ack(delivery))),
      );
      const left = messages.filter((_, index) => !reached[index]);
      // Redelivered messages are in flight, and `end` returns them: only a resolved ack counts as done.
      await consumer.end();
      const next = await consume();
      const last = messageOf(12);
      await publish(transport, last);
      await next.untilAll([...left, last]);
      const back = new Set(next.messages.map(({ id }) => id));
      const wrongly = messages.filter(({ id }, index) => reached[index] && back.has(id));
      assert.deepEqual(
        wrongly.map(({ id }) => id),
        [],
        'no message whose ack resolved is redelivered',
      );
    },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'an ack of a message delivered before a cut acks no message delivered after it': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(8).map((number) => messageOf(number));
      await publish(transport, ...messages);
      // Ack some, so that an adapter whose numbers restart with a connection would reuse these numbers.
      const [one, two, three, old] = [...(await consumer.untilAll(messages))];
      assert.ok(one && two && three && old);
      const done = [one, two, three];
      const reached = await Promise.all(done.map((delivery) => consumer.ack(delivery)));
      await breakConnection();
      await persist(context, messageOf(9));
      // Once it has arrived, the messages of the new connection have their numbers.
      await consumer.untilAll([messageOf(9)]);
      const hasReached = await consumer.ack(old);
      await consumer.end();
      const next = await consume();
      const isDone = ({ id }: TransportMessage) =>
        (hasReached && id === old.message.id) ||
        done.some(({ message }, at) => reached[at] && message.id === id);
      // Every message that was not acked arrives here.
      await next.untilAll([...messages, messageOf(9)].filter((message) => !isDone(message)));
    },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'a nack of a message delivered before a cut returns no message delivered after it': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(8).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const before = [...(await consumer.untilAll(messages))];
      const [one, two, three, old] = before;
      assert.ok(one && two && three && old);
      // Ack some, so that an adapter whose numbers restart with a connection would reuse these numbers.
      await Promise.all([one, two, three].map((delivery) => consumer.ack(delivery)));
      await breakConnection();
      await persist(context, messageOf(9));
      await consumer.untilAll([messageOf(9)]);
      await consumer.nack(old);
      // A round trip to the broker, in which wrong redeliveries would have arrived.
      await persist(context, messageOf(10));
      await consumer.untilAll([messageOf(10)]);
      const after = consumer.messages.slice(before.length).map(({ id }) => id);
      const twice = after.filter((id, at) => id !== old.message.id && after.indexOf(id) !== at);
      assert.deepEqual(twice, [], 'no message in flight is redelivered');
    },

    'after a reconnection, closing is not reported to `onError`': async (context) => {
      const { transport, consume, breakConnection, within } = context;
      const consumer = await consume();
      for (const number of upTo(2)) {
        await breakConnection();
        await persist(context, messageOf(number));
        await consumer.untilAll([messageOf(number)]);
      }
      await consumer.settled();
      const other = await consume().catch(() => undefined);
      const errorCount = consumer.errors.length;
      await consumer.end();
      assert.equal(consumer.errors.length, errorCount, 'the end of a consumption is no error');
      const otherCount = other?.errors.length;
      await within('`close` settles', transport.close());
      assert.equal(other?.errors.length, otherCount, 'the end of a transport is no error');
      assert.equal(consumer.errors.length, errorCount);
    },
  }),

  ...casesOf('reconnecting', ['interrupt', 'consumes', 'redelivers'], {
    'a transport survives a second outage like the first one': async (context) => {
      const { consume, interrupt, eventually } = context;
      const consumer = await consume();
      for (const number of upTo(3)) {
        const errorCount = consumer.errors.length;
        const restore = await interrupt();
        await eventually('`onError` is called', () => consumer.errors.length > errorCount);
        await restore();
        const message = messageOf(number);
        await persist(context, message);
        await consumer.untilAll([message]);
      }
    },

    'consuming that starts while the broker is unreachable fails soon, or starts when it is back':
      async (context) => {
        const { consume, interrupt } = context;
        const restore = await interrupt();
        const early = await consume().catch((error: unknown) => {
          assert.ok(!(error instanceof assert.AssertionError), String(error));
          return undefined;
        });
        await restore();
        const message = messageOf(1);
        await persist(context, message);
        const consumer = early ?? (await consume());
        await consumer.untilAll([message]);
      },
  }),
];
