import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import { casesOf, type TransportConformanceContext, type UnopenableTransport } from './case.ts';
import { messageOf, publish } from './given.ts';
import { leakOf } from './leaks.ts';
import { printed, watchConsole } from './watch.ts';

/** Returns the error with which a promise rejects. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Opens a transport that cannot be opened, and returns the error. */
async function openingError(
  { within }: TransportConformanceContext,
  { transport, secrets = [] }: UnopenableTransport,
): Promise<unknown> {
  let failure: unknown;
  const written = await watchConsole(async () => {
    failure = await failureOf(within('`open` settles', transport.open()));
    await within('`close` settles after `open` failed', transport.close());
  });
  assert.ok(failure !== undefined, '`open` rejects');
  assert.deepEqual(written, [], 'nothing is written to the console');
  for (const secret of secrets) {
    assert.equal(leakOf(printed(failure), secret), undefined, 'the error contains no secret');
  }
  return failure;
}

export const openingCases = [
  ...casesOf('opening', ['wrongAddress'], {
    'opening fails if the address leads nowhere': async (context) => {
      const error = await openingError(context, await context.wrongAddress());
      assert.ok(isOrderchartError(error, 'transportUnavailable'), printed(error));
    },

    'a failed `open` can be tried again': async ({ within, wrongAddress }) => {
      const { transport } = await wrongAddress();
      try {
        for (const which of ['first', 'second']) {
          const error = await within(`the ${which} \`open\` settles`, failureOf(transport.open()));
          // Not `transportClosed`: the host has not closed it, and the broker may be reachable next time.
          assert.ok(
            isOrderchartError(error, 'transportUnavailable'),
            `${which}: ${printed(error)}`,
          );
        }
      } finally {
        await within('`close` settles after `open` failed', transport.close());
      }
      const error = await within('`open` settles after `close`', failureOf(transport.open()));
      assert.ok(error !== undefined, '`open` rejects after `close`');
    },
  }),

  ...casesOf('opening', ['again', 'interrupt'], {
    'an `open` that failed while the broker was unreachable succeeds when it is back': async (
      context,
    ) => {
      const { unopened, interrupt, within, eventually } = context;
      const transport = await unopened();
      const open = () => failureOf(within('`open` settles', transport.open()));
      const restore = await interrupt();
      let error = await open();
      await restore();
      try {
        // If the interruption does not affect this transport, it is open already.
        await eventually('`open` succeeds when the broker is back', async () => {
          if (error === undefined) return true;
          assert.ok(isOrderchartError(error, 'transportUnavailable'), printed(error));
          error = await open();
          return error === undefined;
        });
        await publish(transport, messageOf(1));
      } finally {
        await within('`close` settles', transport.close());
      }
    },
  }),

  ...casesOf('opening', ['wrongCredentials'], {
    'opening fails if the credentials are wrong': async (context) => {
      const error = await openingError(context, await context.wrongCredentials());
      assert.ok(isOrderchartError(error, 'transportRefused'), printed(error));
    },
  }),
];
