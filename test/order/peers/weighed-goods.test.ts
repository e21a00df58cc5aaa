import { expect } from 'vitest';
import { orderFigures } from '../../../src/order/order-figures.ts';
import {
  authorized,
  byAuthorization,
  capture,
  captured,
  delivered,
  dispatch,
  lastOperation,
  line,
  place,
} from '../commands.ts';
import { scenario } from './scenario.ts';

// What is weighed costs what it weighs, and is known only when it is packed.

scenario(
  {
    peer: 'woo-paypal #483',
    before: 'wrong: delivered and 4.00 short for good, it stays confirmed, and nothing says "due"',
  },
  'the cut weighs less than it was sold by: the capture takes less, and what is short is due',
  () => {
    const roast = place({ lines: [line('roast', 1, 4_000)] });
    const asked = byAuthorization
      .given(roast, authorized(4_000), dispatch({ roast: 1 }), delivered({ roast: 1 }))
      .when(capture(3_600, { releaseRemainder: true }));
    asked.harness.execute(captured(3_600, { operationId: lastOperation(asked) }));
    asked.thenStatus({ lifecycle: 'confirmed', payment: 'partiallyPaid' }).thenOrder((order) => {
      expect(order.payments[0]).toMatchObject({ captured: 3_600, released: 400 });
      expect(orderFigures(order)).toMatchObject({ currentTotal: 4_000, net: 3_600, due: 400 });
    });
  },
);
