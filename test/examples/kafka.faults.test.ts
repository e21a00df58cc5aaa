import { expect, it } from 'vitest';
import { describeProgram } from '../services.ts';
import { printedBy } from './printed.ts';

describeProgram('kcat', () => {
  it('payments come in, and events go out to billing', async () => {
    const printed = await printedBy(() => import('../../examples/kafka/main.ts'));
    expect(printed).toContain('billing: order.placed, order 1001, version 1');
    expect(printed).toContain('billing: order.confirmed, order 1001, version 3');
    expect(printed).toContain('"payment":"paid"');
  });
});
