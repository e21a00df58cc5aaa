import { expect, it } from 'vitest';
import { printedBy } from './printed.ts';

const printed = `
A large shirt for a small one, sent in advance:
  day  0  order.placed
  day  0  payment.captured
  day  0  order.confirmed
  day  0  shipment.dispatched
  day  2  shipment.delivered
  day  2  order.completed
  day  2  -> costs 40.00, paid 40.00, due 0.00
  day  2  return.requested
  day  2  return.approved
  day  2  exchange.requested
  day  2  order.amended
  day  2  order.reopened
  day  2  -> costs 85.00, paid 40.00, due 45.00
  day  2  refused: shipment.dispatch is refused. 8500 minor units must be secured before these units leave, but only 8000 are: take a payment first, or pass \`over: true\`.
  day  2  payment.captured
  day  2  shipment.dispatched
  day  4  shipment.delivered
  day  4  -> costs 85.00, paid 45.00, due 40.00

The small shirt comes back:
  day 10  return.received
  day 10  return.inspected
  day 10  exchange.credited
  day 10  order.credited
  day 10  order.completed
  day 10  -> costs 45.00, paid 45.00, due 0.00

Another customer never sends it:
  day 44  return.closed
  day 44  -> costs 85.00, paid 45.00, due 40.00
`;

it('exchange: a dearer size leaves before the other is back, and is due when it never comes', async () => {
  const output = await printedBy(() => import('../../examples/exchange/main.ts'));
  expect(output).toBe(printed.trim());
});
