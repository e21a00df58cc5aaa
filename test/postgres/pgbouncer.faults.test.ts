import { expect, it } from 'vitest';
import { describeProgram } from '../services.ts';
import { Cluster } from './cluster.ts';
import { PgBouncer } from './pgbouncer.ts';

describeProgram('pgbouncer', () => {
  it('passes statements on to the server behind it', async () => {
    await using cluster = await Cluster.create({ kinds: ['embedded', 'system'] });
    await using pooler = await PgBouncer.create(cluster.url);
    const { port } = new URL(pooler.url);
    expect(Number(port)).not.toBe(cluster.port);
    const [row] = await cluster.query<{ count: number }>(
      "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'",
    );
    expect(row?.count).toBeGreaterThan(1);
  });
});
