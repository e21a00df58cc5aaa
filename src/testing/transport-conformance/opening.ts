import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import { casesOf, type TransportConformanceContext, type UnopenableTransport } from './case.ts';
import { printed, watchConsole } from './watch.ts';

/** Opens what cannot be opened, and gives the error. */
async function openingError(
  { within }: TransportConformanceContext,
  { transport, secrets = [] }: UnopenableTransport,
): Promise<unknown> {
  let failure: unknown;
  const written = await watchConsole(async () => {
    failure = await within('`open` settles', transport.open()).then(
      () => undefined,
      (error: unknown) => error,
    );
    await within('`close` settles after `open` failed', transport.close());
  });
  assert.ok(failure !== undefined, '`open` rejects');
  assert.deepEqual(written, [], 'nothing is written to the console');
  for (const secret of secrets) {
    assert.ok(!printed(failure).includes(secret), 'the error holds no secret');
  }
  return failure;
}

export const openingCases = [
  ...casesOf('opening', ['wrongAddress'], {
    'an address that leads nowhere is found when the transport is opened': async (context) => {
      const error = await openingError(context, await context.wrongAddress());
      assert.ok(isOrderchartError(error, 'transportUnavailable'), printed(error));
    },
  }),

  ...casesOf('opening', ['wrongCredentials'], {
    'wrong credentials are found when the transport is opened': async (context) => {
      const error = await openingError(context, await context.wrongCredentials());
      assert.ok(isOrderchartError(error, 'transportRefused'), printed(error));
    },
  }),
];
