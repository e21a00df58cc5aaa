import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { PublishResult, Transport, TransportMessage } from '../../transport/transport.ts';
import { casesOf } from './case.ts';
import type { Consumer } from './consumer.ts';
import { messageOf, publish, upTo } from './given.ts';
import { turns } from './waiting.ts';

const isClosed = (error: unknown): boolean => isOrderchartError(error, 'transportClosed');

/** How a `publish` call ended that `close` interrupted. It may answer or throw. */
async function outcomeOf(publishing: Promise<readonly PublishResult[]>): Promise<string> {
  try {
    const [result] = await publishing;
    return result?.status ?? 'nothing';
  } catch (error) {
    assert.ok(isOrderchartError(error), `the error is an OrderchartError: ${error}`);
    return 'thrown';
  }
}

/** Checks that these messages are still in flight at a consumer that got each of them once. */
async function assertUndisturbed(
  transport: Transport,
  consumer: Consumer,
  messages: readonly TransportMessage[],
): Promise<void> {
  // A round trip to the broker, in which wrong redeliveries would have arrived.
  const last = messageOf(99);
  await publish(transport, last);
  await consumer.untilAll([last]);
  assert.equal(consumer.deliveries.length, messages.length + 1, 'nothing is redelivered');
  for (const delivery of [...consumer.inFlight]) {
    assert.equal(await consumer.ack(delivery), true, 'the ack still counts');
  }
}

export const closingCases = [
  ...casesOf('closing', [], {
    'closing may be repeated': async ({ transport, within }) => {
      await within('the first `close` settles', transport.close());
      await within('the second `close` settles', transport.close());
    },

    'two calls of `close` at the same time both settle': async ({ transport, within }) => {
      const closings = Promise.all([transport.close(), transport.close()]);
      await within('two calls of `close` settle', closings);
    },

    'closing while publishing answers no message `refused`, which would be permanent': async (
      context,
    ) => {
      const { transport, within } = context;
      const messages = upTo(50).map((number) => messageOf(number));
      const calls = messages.map((message) => outcomeOf(transport.publish([message])));
      await within('`close` settles', transport.close());
      const outcomes = await within('every `publish` settles', Promise.all(calls));
      assert.equal(outcomes.filter((outcome) => outcome === 'refused').length, 0, 'refused');
    },

    'a closed transport refuses to publish': async ({ transport, within }) => {
      await publish(transport, messageOf(1));
      await transport.close();
      const late = within('a late `publish` settles', transport.publish([messageOf(2)]));
      await assert.rejects(late, isClosed);
    },
  }),

  ...casesOf('closing', ['again', 'consumes', 'redelivers'], {
    'closing while publishing: every call settles, and every `published` message is there': async (
      context,
    ) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const messages = upTo(50).map((number) => messageOf(number));
      const calls = messages.map((message) => outcomeOf(transport.publish([message])));
      await within('`close` settles', transport.close());
      const outcomes = await within('every `publish` settles', Promise.all(calls));
      const consumer = await consume({ transport: other });
      await consumer.untilAll(messages.filter((_, index) => outcomes[index] === 'published'));
    },

    'closing while consuming: nothing hangs, nothing is lost': async (context) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const messages = upTo(50).map((number) => messageOf(number));
      // Closing starts while acks are in progress.
      const first = await consume({ transport: other, maximumInFlight: 3 });
      await publish(transport, ...messages);
      await first.untilCount(5);
      await within('`close` settles', other.close());
      await first.settled();
      const countAtClose = first.deliveries.length;
      const second = await consume();
      const rest = messages.filter(({ id }) => !first.messages.some((one) => one.id === id));
      await second.untilAll(rest);
      assert.equal(first.deliveries.length, countAtClose, 'nothing is delivered after `close`');
    },

    'closing a transport does not return what another one got from its closed consumption': async (
      context,
    ) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const first = await consume({ transport: other, handle: 'hold' });
      const messages = upTo(3).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await first.untilAll(messages);
      await first.end();
      const second = await consume({ handle: 'hold' });
      await second.untilAll(messages);
      await within('`close` settles', other.close());
      await assertUndisturbed(transport, second, messages);
    },

    'deliveries in flight when their transport is closed can be answered without harm': async (
      context,
    ) => {
      const { transport, again, consume, within } = context;
      const other = await again();
      const first = await consume({ transport: other, handle: 'hold' });
      const messages = upTo(4).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const [acked, nacked] = await first.untilAll(messages);
      await within('`close` settles', other.close());
      assert.ok(acked && nacked);
      void first.ack(acked);
      void first.nack(nacked, 10);
      await first.settled();
      const second = await consume();
      await second.untilAll(messages.filter(({ id }) => id !== acked.message.id));
    },
  }),

  ...casesOf('closing', ['consumes'], {
    'a closed transport refuses to consume': async ({ transport, within }) => {
      await transport.close();
      const options = { maximumInFlight: 1, deliver: () => undefined, onError: () => undefined };
      const consuming = transport.consume?.(options) ?? assert.fail('it has `consume`');
      await assert.rejects(within('a late `consume` settles', consuming), isClosed);
    },
  }),

  ...casesOf('closing', ['consumes', 'redelivers'], {
    'closing is not reported to `onError`': async ({ transport, consume, within }) => {
      const ended = await consume();
      const message = messageOf(1);
      await publish(transport, message);
      await ended.untilAll([message]);
      await ended.settled();
      await ended.end();
      const closed = await consume({ handle: 'hold' });
      await publish(transport, messageOf(2));
      await closed.untilCount(1);
      await within('`close` settles', transport.close());
      assert.deepEqual([...ended.errors, ...closed.errors], []);
    },

    'after `stop` nothing more is delivered, and earlier deliveries can be acked and nacked':
      async ({ transport, consume }) => {
        const first = await consume({ handle: 'hold' });
        const messages = upTo(4).map((number) => messageOf(number));
        await publish(transport, ...messages);
        const [acked, nacked, ...held] = await first.untilAll(messages);
        assert.ok(acked && nacked);
        await first.consumption.stop();
        const later = messageOf(5);
        await publish(transport, later);
        assert.equal(await first.ack(acked), true, 'an ack after `stop` reaches the broker');
        void first.nack(nacked);
        await first.end();
        await first.settled();

        const second = await consume();
        const expected = [nacked.message, ...held.map((delivery) => delivery.message), later];
        await second.untilAll(expected);
        assert.equal(first.deliveries.length, 4, 'nothing is delivered after `stop`');
        assert.ok(
          !second.messages.some(({ id }) => id === acked.message.id),
          'the acked message is not redelivered',
        );
      },

    'after `stop`, neither an ack nor a nack makes room for further deliveries': async ({
      transport,
      consume,
    }) => {
      const first = await consume({ handle: 'hold', maximumInFlight: 2 });
      const messages = upTo(12).map((number) => messageOf(number));
      await publish(transport, ...messages.slice(0, 8));
      await first.untilInFlight(2);
      await first.consumption.stop();
      const [acked, nacked] = [...first.inFlight];
      assert.ok(acked && nacked);
      assert.equal(await first.ack(acked), true, 'an ack after `stop` reaches the broker');
      await first.nack(nacked);
      // Each confirmation takes a round trip, in which further deliveries would have arrived.
      for (const message of messages.slice(8)) await publish(transport, message);
      assert.equal(first.deliveries.length, 2, 'nothing is delivered after `stop`');
      await first.end();
      const second = await consume();
      await second.untilAll(messages.filter(({ id }) => id !== acked.message.id));
      assert.equal(first.deliveries.length, 2, 'nothing is delivered after `close`');
    },

    'closing a consumption again does not return what the next one has in flight': async ({
      transport,
      consume,
    }) => {
      const first = await consume({ handle: 'hold' });
      const messages = upTo(3).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await first.untilAll(messages);
      await first.end();
      const second = await consume({ handle: 'hold' });
      await second.untilAll(messages);
      await first.end();
      await assertUndisturbed(transport, second, messages);
    },

    'messages that arrive while a consumption stops reach the next one': async ({
      transport,
      consume,
    }) => {
      const messages: TransportMessage[] = [];
      const taken = new Set<string>();
      for (const number of upTo(10)) {
        const consumer = await consume();
        const fresh = messageOf(number);
        messages.push(fresh);
        await publish(transport, fresh);
        // Vary how far the delivery has got when the consumption stops.
        await turns(number - 1);
        await consumer.end();
        await consumer.settled();
        for (const { id } of consumer.messages) taken.add(id);
      }
      const last = await consume();
      await last.untilAll(messages.filter(({ id }) => !taken.has(id)));
    },

    'stopping and closing a consumption may be repeated': async ({ consume }) => {
      const consumer = await consume();
      await consumer.end();
      await consumer.end();
    },

    'messages published after the last consumer ended reach the next one': async ({
      transport,
      consume,
    }) => {
      for (const round of upTo(2)) {
        const consumer = await consume();
        await publish(transport, messageOf(10 * round));
        await consumer.untilAll([messageOf(10 * round)]);
        await consumer.settled();
        await consumer.end();
        const later = upTo(3).map((number) => messageOf(10 * round + number));
        await publish(transport, ...later);
        const next = await consume();
        await next.untilAll(later);
        await next.settled();
        await next.end();
      }
    },

    'another consumption can start after one has ended': async ({ transport, consume }) => {
      for (const number of upTo(5)) {
        const consumer = await consume();
        const message = messageOf(number);
        await publish(transport, message);
        await consumer.untilAll([message]);
        await consumer.settled();
        await consumer.end();
      }
    },
  }),
];
