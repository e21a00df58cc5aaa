import {
  cancel,
  captured,
  credit,
  creditUnits,
  delivered,
  dispatch,
  line,
  onTerms,
  place,
  reportShipment,
  sold,
  three,
  voidedDispatch,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { figures, inspected, received, requestReturn } from './steps.ts';

// Goods that leave before they are paid: cash on delivery, invoices, terms.

const returnedToSender = (units: Record<string, number>, shipmentId = 's1') =>
  reportShipment('returnedToSender', units, { shipmentId });
const euros = (amount: number) => ({ kind: 'amount', amount, currency: 'EUR' });

scenario(
  {
    peer: ['woocommerce #14775', 'prestashop #15620'],
    before:
      'could not be said: it is `unpaid` as before it was confirmed, and no figure tells what is due',
  },
  'cash on delivery is due, and not paid, when it is placed and when it is shipped',
  () => {
    const then = onTerms.given(place()).when(dispatch({ a: 1 }));
    then
      .thenStatus({ lifecycle: 'confirmed', payment: 'due', fulfillment: 'shipped' })
      .thenOrder(figures({ net: 0, secured: 0, due: 10_000 }));
  },
);

scenario(
  { peer: ['woocommerce #29471', 'vendure #471'], before: 'right' },
  'cash is collected at the door: the order is paid only then',
  () => {
    const then = onTerms.given(place(), dispatch({ a: 1 })).when(delivered({ a: 1 }));
    then.thenStatus({ lifecycle: 'completed' }).thenOrder(figures({ due: 10_000 }));
    then.harness.execute(sold(10_000));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', hold: 'clear' })
      .thenOrder(figures({ due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: ['magento2 #37968', 'magento2 #21517'],
    before:
      'could not be said: refund and cancellation are refused, and it stays confirmed for good',
  },
  'refused at the door and brought back unpaid: credited, nothing is due, and the order is over',
  () => {
    const then = onTerms.given(place(), dispatch({ a: 1 })).when(returnedToSender({ a: 1 }));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception' });
    then.harness.execute(creditUnits({ a: 1 }, 'returnedToSender'));
    then
      .thenStatus({ lifecycle: 'completed', hold: 'clear', refund: 'none' })
      .thenOrder(figures({ total: 10_000, currentTotal: 0, net: 0, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: 'vendure #2397',
    before:
      'could not be said: the parcel that went back cannot be credited, and is an exception for good',
  },
  'one of two parcels is taken and paid, the other goes back to the sender',
  () => {
    const then = onTerms
      .given(three, dispatch({ a: 2 }), dispatch({ a: 1 }, 's2'), delivered({ a: 2 }))
      .when(returnedToSender({ a: 1 }, 's2'));
    then.thenOrder(figures({ due: 30_000, lines: [{ creditableMissing: 1 }] }));
    then.harness.execute(creditUnits({ a: 1 }, 'returnedToSender'));
    then.harness.execute(sold(20_000));
    then
      .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', payment: 'paid' })
      .thenOrder(figures({ currentTotal: 20_000, net: 20_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: ['vendure #2373', 'medusa #12561'], before: 'right' },
  'the customer on the phone takes two of three: one is cancelled, and two are due',
  () => {
    onTerms
      .given(three)
      .when(cancel({ a: 1 }))
      .thenEvents('order.cancellation_requested', 'order.units_cancelled')
      .thenStatus({ lifecycle: 'confirmed', refund: 'none' })
      .thenOrder(figures({ currentTotal: 20_000, due: 20_000, lines: [{ open: 2 }] }));
  },
);

scenario(
  { peer: 'magento2 #21517', before: 'could not be said: no report undoes a dispatch' },
  'shipped unpaid, and the courier never came for it: undone, the order is cancelled',
  () => {
    onTerms
      .given(place(), dispatch({ a: 1 }), voidedDispatch({ a: 1 }))
      .when(cancel())
      .thenEvents('order.cancellation_requested', 'order.units_cancelled', 'order.cancelled')
      .thenStatus({ fulfillment: 'notRequired', refund: 'none' })
      .thenOrder(figures({ currentTotal: 0, due: 0 }));
  },
);

scenario(
  { peer: 'prestashop #29374', before: 'could not be said: nothing is credited without a refund' },
  'an invoice that nobody has paid is credited in part: less is due, and nothing is paid back',
  () => {
    onTerms
      .given(place(), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(credit('priceChange', euros(1_500)))
      .thenEvents('order.credited')
      .thenStatus({ lifecycle: 'completed', payment: 'due', refund: 'none' })
      .thenOrder(figures({ total: 10_000, currentTotal: 8_500, due: 8_500, owed: 0 }));
  },
);

scenario(
  { peer: 'spree PR #4563', before: 'could not be said: nothing is written off without a refund' },
  'an invoice is paid in part: the rest is due, until it is written off',
  () => {
    const then = onTerms.given(place(), dispatch({ a: 1 }), delivered({ a: 1 })).when(sold(9_700));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'partiallyPaid' })
      .thenOrder(figures({ net: 9_700, due: 300 }));
    then.harness.execute(credit('writeOff', euros(300)));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ currentTotal: 9_700, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'magento2 #8813', before: 'could not be said: nothing is credited without a refund' },
  'a credit beyond what an unpaid order costs is refused',
  () => {
    onTerms
      .given(place(), dispatch({ a: 1 }), credit('goodwill', euros(4_000)))
      .when(credit('goodwill', euros(6_001), 'c2'))
      .thenRejected('lawBroken', { law: 'M6', figures: { currentTotal: 6_000, asked: 6_001 } });
  },
);

scenario(
  {
    peer: ['magento2 #37968', 'vendure #2397'],
    before:
      'could not be said: it can only be refunded at once, and nothing shows what is owed until then',
  },
  'the cash is booked, and then the carrier says that the parcel came back: it is owed',
  () => {
    const lines = [line('a', 1, 10_000)];
    onTerms
      .given(place({ lines }), dispatch({ a: 1 }), captured(10_000, { sale: true }))
      .when(returnedToSender({ a: 1 }), creditUnits({ a: 1 }, 'returnedToSender'))
      .thenStatus({ lifecycle: 'confirmed', refund: 'owed' })
      .thenOrder(figures({ currentTotal: 0, net: 10_000, due: 0, owed: 10_000 }));
  },
);

scenario(
  {
    peer: 'prestashop #29374',
    before: 'could not be said: nothing is credited without a refund, and all three stay due',
  },
  'goods of an unpaid invoice come back: credited for that, the rest is due, and is paid',
  () => {
    const then = onTerms
      .given(three, dispatch({ a: 3 }), delivered({ a: 3 }), requestReturn({ a: 1 }))
      .when(received({ a: 1 }), inspected({ a: 1 }), creditUnits({ a: 1 }, 'return'));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'due', refund: 'none', returns: 'settled' })
      .thenOrder(figures({ currentTotal: 20_000, due: 20_000, lines: [{ creditableReturns: 0 }] }));
    then.harness.execute(sold(20_000));
    then.thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' });
  },
);

scenario(
  {
    peer: ['vendure #2373', 'magento2 #37968'],
    before:
      'could not be said: refund and cancellation are refused, and it stays confirmed for good',
  },
  'the only parcel of an order, whose rest was cancelled, is refused at the door',
  () => {
    const then = onTerms
      .given(three, dispatch({ a: 1 }), cancel({ a: 2 }))
      .when(returnedToSender({ a: 1 }));
    then.thenStatus({ fulfillment: 'exception' }).thenOrder(figures({ due: 10_000 }));
    then.harness.execute(creditUnits({ a: 1 }, 'returnedToSender'));
    then
      .thenStatus({ lifecycle: 'completed', refund: 'none', hold: 'clear' })
      .thenOrder(figures({ currentTotal: 0, due: 0, owed: 0 }));
  },
);
