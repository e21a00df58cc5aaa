import { expect, it } from 'vitest';
import { describeProgram } from '../services.ts';
import { startMockCluster } from '../transport/kafka/mock-cluster.ts';
import { printedBy } from './printed.ts';

describeProgram('kcat', (kcat) => {
  it('payments come in, and events go out to billing', async () => {
    const cluster = await startMockCluster(kcat);
    process.env['KAFKA_BROKER'] = cluster.address;
    const printed = await printedBy(() => import('../../examples/kafka/main.ts'));
    await cluster.stop();
    expect(printed).toContain('billing: order.placed, order 1001, version 1');
    expect(printed).toContain('billing: order.confirmed, order 1001, version 3');
    expect(printed).toContain('"payment":"paid"');
  });
});
