import { expect, it, vi } from 'vitest';
import { describeService } from '../services.ts';

// The examples that need a broker; each runs against the one that the tests share.

/** Runs an example's main file; its own assertions decide, and what it prints is given back. */
async function printedBy(load: () => Promise<unknown>): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await load();
    return log.mock.calls.map((values) => values.map(String).join(' ')).join('\n');
  } finally {
    log.mockRestore();
  }
}

const lines = [
  'billing: order.placed, order 1001, version 1',
  'billing: payment.captured, order 1001, version 2',
  'billing: order.confirmed, order 1001, version 3',
  '"payment":"paid"',
];

await describeService('nats', ({ url }) => {
  it('nats: payments come in, and events go out to billing', async () => {
    vi.stubEnv('NATS_URL', url);
    const printed = await printedBy(() => import('../../examples/nats/main.ts'));
    for (const line of lines) expect(printed).toContain(line);
  });
});

await describeService('redis', ({ url }) => {
  it('redis: payments come in, and events go out to billing', async () => {
    vi.stubEnv('REDIS_URL', url);
    const printed = await printedBy(() => import('../../examples/redis/main.ts'));
    for (const line of lines) expect(printed).toContain(line);
  });
});
