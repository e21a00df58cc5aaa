import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { messageOf, publish } from './given.ts';
import { discreetBody, leakOf } from './leaks.ts';
import { publishAttempt } from './persist.ts';
import { printed } from './watch.ts';

/** Long enough for some attempts to reconnect. */
const outageMs = 1_000;

/** All observed errors, as a logger would print them. */
function printedAll(errors: readonly unknown[]): string {
  return errors.map((error) => printed(error)).join('\n');
}

/** The errors of publishing while the broker is unreachable, and on a closed transport. */
async function publishingErrors(
  { transport, interrupt, within }: TransportConformanceContext,
  message: TransportMessage,
): Promise<string> {
  const errors: unknown[] = [];
  const attempt = async () => {
    try {
      const results = await within('`publish` settles', transport.publish([message]));
      for (const result of results) if (result.status !== 'published') errors.push(result);
    } catch (error) {
      errors.push(error);
    }
  };
  const restore = await interrupt();
  await attempt();
  await restore();
  await within('`close` settles', transport.close());
  await attempt();
  assert.equal(
    errors.length,
    2,
    'publishing fails while the broker is unreachable, and after `close`',
  );
  return printedAll(errors);
}

/** The errors of `onError`, an ack and a nack while the broker is unreachable. */
async function consumingErrors(context: TransportConformanceContext): Promise<string> {
  const { transport, consume, interrupt, eventually, within } = context;
  const consumer = await consume({ handle: 'hold' });
  const messages = [1, 2].map((number) => messageOf(number, { body: discreetBody() }));
  await publish(transport, ...messages);
  const [first, second] = await consumer.untilAll(messages);
  assert.ok(first && second);
  const restore = await interrupt();
  await eventually('`onError` is called', () => consumer.errors.length > 0);
  const answers = await within(
    'an ack and a nack settle while the broker is unreachable',
    Promise.allSettled([first.ack(), second.nack()]),
  );
  const [late] = await Promise.allSettled([consume()]);
  // Attempts to reconnect fail in another code path than the connection that was lost.
  await pause(outageMs);
  await restore();
  await consumer.end();
  const rejections = [...answers, late].flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  );
  const lateErrors = late.status === 'fulfilled' ? late.value.errors : [];
  return printedAll([...consumer.errors, ...lateErrors, ...rejections]);
}

function assertNoSecret(text: string, secrets: readonly string[]): void {
  for (const secret of secrets)
    assert.equal(leakOf(text, secret), undefined, 'no error contains a secret');
}

export const discretionCases = [
  ...casesOf('discretion', ['reachableLimit'], {
    'the reason of a refusal contains no part of the body, in any encoding': async (context) => {
      const { transport, within } = context;
      const body = discreetBody(transport.features.maximumBodyBytes + 1);
      const publishing = transport.publish([messageOf(1, { body })]);
      const results = await within('`publish` settles', publishing);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['refused'],
      );
      assert.equal(leakOf(printed(results)), undefined, 'the reason contains no part of the body');
    },
  }),

  ...casesOf('discretion', ['interrupt'], {
    'errors of publishing contain no part of the body, in any encoding': async (context) => {
      const message = messageOf(1, { body: discreetBody() });
      const text = await publishingErrors(context, message);
      assert.equal(leakOf(text), undefined, 'the errors contain no part of the body');
    },
  }),

  ...casesOf('discretion', ['interrupt', 'consumes', 'redelivers'], {
    'errors of consuming contain no part of a body, in any encoding': async (context) => {
      const text = await consumingErrors(context);
      assert.equal(leakOf(text), undefined, 'the errors contain no part of a body');
    },
  }),

  ...casesOf('discretion', ['interrupt', 'secrets'], {
    'errors of publishing contain no secret': async (context) => {
      const text = await publishingErrors(context, messageOf(1));
      assertNoSecret(text, context.secrets);
    },
  }),

  ...casesOf('discretion', ['interrupt', 'secrets', 'consumes', 'redelivers'], {
    'errors of consuming contain no secret': async (context) => {
      assertNoSecret(await consumingErrors(context), context.secrets);
    },
  }),

  ...casesOf('discretion', ['breakConnection'], {
    'errors caused by a cut connection contain no part of the body': async (context) => {
      const { breakConnection, eventually } = context;
      // Calls in progress when the connection is cut fail in other code paths than later calls.
      let attempt = 0;
      await eventually('publishing resumes after the cut', async () => {
        attempt += 1;
        const message = messageOf(attempt, { body: discreetBody() });
        const publishing = publishAttempt(context, [message]);
        if (attempt <= 3) await breakConnection();
        const [status] = await publishing;
        return attempt > 3 && status === 'published';
      });
    },
  }),
];
