import { describe, expect, it, vi } from 'vitest';

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

describe('the small examples check themselves', () => {
  it('quickstart: an order is placed, paid, shipped and delivered', async () => {
    const printed = await printedBy(() => import('../../examples/quickstart/main.ts'));
    expect(printed).toContain('6 order.completed');
  });

  it('fraud-review: an extension holds money and goods until a person has looked', async () => {
    const printed = await printedBy(() => import('../../examples/fraud-review/main.ts'));
    expect(printed).toContain('payment.capture refused');
  });
});
