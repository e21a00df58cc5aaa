import assert from 'node:assert/strict';
import type { TransportMessage } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import { messageOf, publish, publishInTurn, upTo } from './given.ts';
import { persist, persistInTurn } from './persist.ts';

/** What is true when a connection was lost and made again, long after the loss itself. */
export const afterwardsCases = [
  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'long after several cuts a message arrives once': async (context) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume();
      for (const number of upTo(3)) {
        await breakConnection();
        const probe = messageOf(number);
        await persist(context, probe);
        // When it has come, consuming goes on, with whatever was made for it.
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

    'what was stopped or closed does not come back with the connection': async (context) => {
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

    'an ack of what came before a cut rejects, or the message does not come again': async (
      context,
    ) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const held = [...(await consumer.untilAll(messages))];
      await breakConnection();
      await persist(context, messageOf(11));
      // When it has come there is a new connection, and nobody can take the old one for whole.
      await consumer.untilAll([messageOf(11)]);
      const told = await context.within(
        'every ack settles',
        Promise.all(held.map((delivery) => consumer.ack(delivery))),
      );
      const left = messages.filter((_, index) => !told[index]);
      // What has come again is in hand, and is given back: done is only what an ack has told.
      await consumer.end();
      const next = await consume();
      const last = messageOf(12);
      await publish(transport, last);
      await next.untilAll([...left, last]);
      const back = new Set(next.messages.map(({ id }) => id));
      const wrongly = messages.filter(({ id }, index) => told[index] && back.has(id));
      assert.deepEqual(
        wrongly.map(({ id }) => id),
        [],
        'nothing comes again whose ack resolved',
      );
    },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'an ack of what came before a cut acks nothing that came after it': async (context) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(8).map((number) => messageOf(number));
      await publish(transport, ...messages);
      // Some are done, so that whoever counts from the beginning again gives their numbers to others.
      const [one, two, three, old] = [...(await consumer.untilAll(messages))];
      assert.ok(one && two && three && old);
      const done = [one, two, three];
      const told = await Promise.all(done.map((delivery) => consumer.ack(delivery)));
      await breakConnection();
      await persist(context, messageOf(9));
      // When it has come, what is new has been numbered.
      await consumer.untilAll([messageOf(9)]);
      const isTold = await consumer.ack(old);
      await consumer.end();
      const next = await consume();
      const isDone = ({ id }: TransportMessage) =>
        (isTold && id === old.message.id) ||
        done.some(({ message }, at) => told[at] && message.id === id);
      // Whatever else there was is there.
      await next.untilAll([...messages, messageOf(9)].filter((message) => !isDone(message)));
    },
  }),

  ...casesOf('reconnecting', ['interrupt', 'consumes', 'redelivers'], {
    'a second outage is survived like the first one': async (context) => {
      const { consume, interrupt, eventually } = context;
      const consumer = await consume();
      for (const number of upTo(3)) {
        const heard = consumer.errors.length;
        const restore = await interrupt();
        await eventually('`onError` hears of it', () => consumer.errors.length > heard);
        await restore();
        const message = messageOf(number);
        await persist(context, message);
        await consumer.untilAll([message]);
      }
    },

    'consuming that begins while the broker is away fails soon, or begins when it is back': async (
      context,
    ) => {
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
