import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testUrl } from '../postgres/server.ts';
import { printedBy } from './printed.ts';

it('pglite: the Postgres store without a server', async () => {
  const printed = await printedBy(() => import('../../examples/pglite/main.ts'));
  expect(printed).toContain('confirmed: order-1, order-2');
});

describe('the examples on a PostgreSQL server check themselves', () => {
  beforeEach(() => void vi.stubEnv('ORDERCHART_POSTGRES_URL', testUrl()));
  afterEach(() => void vi.unstubAllEnvs());

  it('postgres: two engines share orders and subscriptions', async () => {
    const printed = await printedBy(() => import('../../examples/postgres/main.ts'));
    expect(printed).toContain('office: order-1 1 order.placed');
    expect(printed).toContain('order-1 is completed');
  });

  it('postgres-transaction: an order and the stock are written together, or neither is', async () => {
    const printed = await printedBy(() => import('../../examples/postgres-transaction/main.ts'));
    expect(printed).toContain('packing heard of first, quick, slow');
  });

  it('postgres-js: the store on another client', async () => {
    const printed = await printedBy(() => import('../../examples/postgres-js/main.ts'));
    expect(printed).toContain('100 orders placed');
    expect(printed).toContain('never was accepted and rolled back');
  });
});
