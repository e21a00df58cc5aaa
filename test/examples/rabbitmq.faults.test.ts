import { expect, it, vi } from 'vitest';
import { describeService } from '../services.ts';
import { printedBy } from './printed.ts';

await describeService('rabbitmq', ({ url }) => {
  it('payments come in, and events go out to billing', async () => {
    vi.stubEnv('RABBITMQ_URL', url);
    const printed = await printedBy(() => import('../../examples/rabbitmq/main.ts'));
    expect(printed).toContain('billing: order.placed, order 1001, version 1');
    expect(printed).toContain('billing: order.confirmed, order 1001, version 3');
    expect(printed).toContain('"payment":"paid"');
  });
});
