import { describe, expect, it } from 'vitest';
import { printedBy } from './printed.ts';

describe('the small examples check themselves', () => {
  it('quickstart: an order is placed, paid, shipped and delivered', async () => {
    const printed = await printedBy(() => import('../../examples/quickstart/main.ts'));
    expect(printed).toContain('6 order.completed');
  });

  it('fraud-review: an extension holds money and goods until a person has looked', async () => {
    const printed = await printedBy(() => import('../../examples/fraud-review/main.ts'));
    expect(printed).toContain('payment.capture refused');
  });

  it('webhook: a shop and its warehouse tell each other of an order', async () => {
    const printed = await printedBy(() => import('../../examples/webhook/main.ts'));
    expect(printed).toContain('warehouse: order.confirmed of order 1001');
    expect(printed).toContain('shop: parcel.dispatched of order 1001');
    expect(printed).toContain('"fulfillment":"shipped"');
    expect(printed).toContain('shop: refused 1 with a wrong signature');
  });

  it('in-process: a shop and its mailing speak by queues in memory', async () => {
    const printed = await printedBy(() => import('../../examples/in-process/main.ts'));
    expect(printed).toContain('mailing: order.placed, order 1001, version 1, attempt 2');
    expect(printed).toContain('mailing: order.confirmed, order 1001, version 3, attempt 1');
    expect(printed).toContain('shop: notice-2 is a dead letter');
    expect(printed).toContain('"payment":"paid"');
  });

  it('stripe: webhooks of payments, repeated and in any order, end in the same orders', async () => {
    const printed = await printedBy(() => import('../../examples/stripe/main.ts'));
    expect(printed).toContain('"authorized":5000,"captured":4500,"released":500,"refunded":1000');
    expect(printed).toContain('11 handled, 22 repeated');
    expect(printed).toContain('the orders are the same');
  });

  it('dispute: a chargeback is lost, then won, whatever the order of its webhooks', async () => {
    const printed = await printedBy(() => import('../../examples/dispute/main.ts'));
    expect(printed).toMatch(/funds_withdrawn +confirmed +due +open +0\.00 +50\.00 +0\.00 +0\.00/);
    expect(printed).toMatch(/closed: lost +completed +paid +lost +0\.00 +0\.00 +0\.00 +50\.00/);
    expect(printed).toMatch(/closed: won +completed +paid +won +50\.00 +0\.00 +0\.00 +0\.00/);
    expect(printed).toContain('evidence is due: signature-of-parcel-1 is sent to Stripe');
    expect(printed.match(/seed \d: /g)).toHaveLength(5);
    expect(printed).toContain('The order is the same each time.');
  });
});
