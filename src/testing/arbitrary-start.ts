import fc from 'fast-check';
import { priceComponents, type ToPrice } from '../order/decide/pricing.ts';
import { addAmounts, maximumAmount } from '../order/money.ts';
import { Refusal } from '../order/refusal.ts';
import { arbitraryLine, arbitraryPlace, type CommandPools } from './arbitrary-place.ts';

type Command = Readonly<Record<string, unknown>>;

/**
 * How an order starts that was paid, left and arrived; of half of them a unit is exchanged then.
 * Steps chosen at random hardly ever lead an order there, so what comes after would go untested.
 */
export function arrivedOrder(pools: CommandPools): fc.Arbitrary<readonly (Command | number)[]> {
  return fc
    .tuple(paidOrder(pools), fc.option(exchangeCourse(pools), { nil: [] }))
    .map(([start, course]) => [...start, ...arrivalOf(pools), ...course]);
}

/** An exchange, and what usually follows it: all of it, or a part. */
function exchangeCourse(pools: CommandPools): fc.Arbitrary<readonly (Command | number)[]> {
  const [line, added] = [pools.lines[0], pools.added[0]];
  const [returnId, shipmentId] = [pools.returns[0], pools.shipments[1]];
  if (line === undefined || added === undefined) return fc.constant([]);
  const back = [{ lineId: line.id, units: 1 }];
  const told = { type: 'return.report', returnId, source: 'warehouse' };
  const follows = [
    { ...told, outcome: 'received', lines: back, reportId: 'start-back' },
    { ...told, outcome: 'inspected', accepted: back, reportId: 'start-inspected' },
    0,
    { type: 'shipment.dispatch', shipmentId, lines: [{ lineId: added.id, units: 1 }] },
  ];
  return fc
    .tuple(
      fc.constantFrom('onReceipt', 'inAdvance'),
      arbitraryLine(added, pools),
      fc.subarray<Command | number>(follows),
    )
    .map(([ship, out, some]) => [
      { type: 'exchange.request', exchangeId: 'e1', returnId, back, out: [out], ship },
      ...some,
    ]);
}

/** How an order starts that was paid, and of which nothing has left. */
export function paidOrder(pools: CommandPools): fc.Arbitrary<readonly Command[]> {
  const outcome = fc.constantFrom('captured', 'captured', 'authorized');
  return fc
    .tuple(arbitraryPlace(pools), outcome, fc.constantFrom('inspected', 'received', undefined))
    .map(([place, paidBy, creditOn]) => {
      const policy = { ...(place['policy'] as object), ...(creditOn && { creditOn }) };
      return [{ ...place, policy }, ...paymentOf(place, paidBy, pools), { type: 'order.confirm' }];
    });
}

function paymentOf(place: Command, outcome: string, pools: CommandPools): readonly Command[] {
  const total = totalOf(place as ToPrice & Command);
  if (total === 0 || total > maximumAmount) return [];
  const by = { source: 'provider', reportId: 'start', objectId: 'start' };
  const money = { amount: total, currency: pools.currency };
  const sale = outcome === 'captured' && { sale: true };
  const paymentId = pools.payments[0];
  return [{ type: 'payment.report', paymentId, outcome, ...money, ...by, ...sale }];
}

function totalOf(place: ToPrice): number {
  const priced = priceComponents(place);
  if (priced instanceof Refusal) return 0;
  return addAmounts(...[...priced.lines, ...priced.charges].flatMap(({ net, tax }) => [net, tax]));
}

/** Everything leaves in one parcel, and arrives. */
function arrivalOf({ lines, shipments }: CommandPools): readonly Command[] {
  const told = {
    type: 'shipment.report',
    shipmentId: shipments[0],
    lines: lines.map(({ id, quantity }) => ({ lineId: id, units: quantity })),
    source: 'carrier',
  };
  return [
    { ...told, outcome: 'dispatched', reportId: 'start-out' },
    { ...told, outcome: 'delivered', reportId: 'start-in' },
  ];
}
