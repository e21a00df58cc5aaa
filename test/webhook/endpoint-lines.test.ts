import { expect, it } from 'vitest';
import { eventually, messageOf, openTransport, receivingServer, secret } from './kit.ts';

it('one endpoint that does not answer holds up no other, however much waits for it', async () => {
  const hanging = await receivingServer(() => undefined);
  const good = await receivingServer();
  const { transport } = await openTransport({
    concurrency: 8,
    endpoint: ({ key }) => ({
      url: key === 'bad' ? hanging.origin : good.origin,
      secrets: [secret],
    }),
  });
  const bad = transport.publish(
    Array.from({ length: 1_000 }, (_, index) => messageOf(index, { key: 'bad' })),
  );
  await eventually('it has as many as it may', () => hanging.received.length === 2);
  const results = await transport.publish(
    Array.from({ length: 100 }, (_, index) => messageOf(1_000 + index)),
  );
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['published']));
  expect(hanging.received).toHaveLength(2);
  const closing = transport.close();
  hanging.server.closeAllConnections();
  await closing;
  expect(new Set((await bad).map(({ status }) => status))).toEqual(new Set(['failed']));
});
