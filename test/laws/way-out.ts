import { disputeStateOf } from '../../src/order/disputes.ts';
import { figuresOf } from '../../src/order/figures.ts';
import { creditableUnits, openUnitsOf } from '../../src/order/line-figures.ts';
import type { LineUnits, Order, Shipment } from '../../src/order/order.ts';
import type { OrderHarness } from '../../src/testing/harness.ts';
import { answerOf, operationsInFlight } from '../../src/testing/life.ts';

// Leads an order to its end as a merchant can: by requests, by deadlines, by outcomes of operations
// in flight, and by the arrival of units that were shipped. No report is made up: with those any
// order could end, because they would invent money.

const day = 86_400_000;
const ends: readonly unknown[] = ['completed', 'cancelled', 'expired', 'archived'];

/** Whether the order has come to one of its ends. */
export function hasEnded({ state }: OrderHarness): boolean {
  return ends.includes(state?.status.lifecycle);
}

/** What can be done, in the order in which it is tried. What is refused changes nothing. */
const ways: readonly ((harness: OrderHarness) => void)[] = [
  answerAll,
  concedeAll,
  releaseAll,
  acceptAll,
  arriveAll,
  closeReturns,
  cancelRest,
  confirmAndShip,
  creditMissing,
  evenOut,
  (harness) => harness.advance(2 * day),
];

/** Rounds of all ways: each can be what another one waited for. */
const rounds = 8;

/** Tries every way until the order has ended; false when none leads there. */
export function leadOut(harness: OrderHarness): boolean {
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      if (hasEnded(harness)) return true;
      way(harness);
    }
  }
  return hasEnded(harness);
}

function orderOf({ state }: OrderHarness): Order {
  if (state === undefined) throw new Error('There is no order to lead out.');
  return state.order;
}

/** The providers tell that everything they were asked for succeeded. */
export function answerAll(harness: OrderHarness): void {
  for (const inFlight of operationsInFlight(orderOf(harness))) {
    harness.execute(answerOf(inFlight, true));
  }
}

/** A merchant gives up every dispute that is open, and its provider reports it lost, as it will. */
function concedeAll(harness: OrderHarness): void {
  for (const { id: paymentId, disputes = [] } of orderOf(harness).payments) {
    for (const dispute of disputes) {
      if (disputeStateOf(dispute) !== 'open') continue;
      const { id } = dispute;
      harness.execute({ type: 'dispute.concede', paymentId, disputeId: id });
      const by = { source: 'provider', reportId: `end-${paymentId}-${id}` };
      const report = { type: 'payment.report', outcome: 'disputeLost', paymentId, objectId: id };
      harness.execute({ ...report, ...by });
    }
  }
}

function releaseAll(harness: OrderHarness): void {
  for (const { reason } of orderOf(harness).holds) {
    harness.execute({ type: 'order.release', reason });
  }
}

/** A merchant has looked at each discrepancy, and takes the figures for what they are. */
function acceptAll(harness: OrderHarness): void {
  for (const { id } of orderOf(harness).discrepancies.open) {
    harness.execute({ type: 'discrepancy.resolve', discrepancyId: id, note: 'looked at' });
  }
}

/** What left arrives. */
function arriveAll(harness: OrderHarness): void {
  for (const shipment of orderOf(harness).shipments) {
    const lines = arrivedInTheEnd(shipment);
    if (lines.length === 0) continue;
    const names = { shipmentId: shipment.id, source: 'carrier', reportId: `end-${shipment.id}` };
    harness.execute({ type: 'shipment.report', ...names, outcome: 'delivered', lines });
  }
}

/** Units delivered so far once those under way have arrived; none when none are under way. */
function arrivedInTheEnd(shipment: Shipment): readonly LineUnits[] {
  const unitsOf = (list: readonly LineUnits[], lineId: string): number =>
    list.find((entry) => entry.lineId === lineId)?.units ?? 0;
  return shipment.dispatched.flatMap(({ lineId, units }) => {
    const { voided, delivered, lost, returnedToSender } = shipment;
    const told = [delivered, lost, returnedToSender].map((list) => unitsOf(list, lineId));
    const underWay = units - unitsOf(voided, lineId) - told.reduce((sum, part) => sum + part, 0);
    return underWay > 0 ? [{ lineId, units: unitsOf(delivered, lineId) + underWay }] : [];
  });
}

function closeReturns(harness: OrderHarness): void {
  for (const { id } of orderOf(harness).returns) {
    harness.execute({ type: 'return.close', returnId: id });
  }
}

function cancelRest(harness: OrderHarness): void {
  harness.execute({ type: 'order.cancel' });
}

/** Where it cannot be cancelled any more: what is open is sent, paid or not. */
function confirmAndShip(harness: OrderHarness): void {
  harness.execute({ type: 'order.confirm' });
  const lines = orderOf(harness).lines.flatMap((line) => {
    const units = openUnitsOf(line);
    return units > 0 ? [{ lineId: line.id, units }] : [];
  });
  if (lines.length === 0) return;
  const shipmentId = `end-${harness.events.length}`;
  harness.execute({ type: 'shipment.dispatch', shipmentId, lines, over: true });
}

/** What never arrived is made good: at its price, or for nothing where the money is back already. */
function creditMissing(harness: OrderHarness): void {
  for (const line of orderOf(harness).lines) {
    const units = creditableUnits(line, 'lost');
    if (units === 0) continue;
    const credit = { type: 'order.credit', cause: 'lost' };
    const of = { kind: 'units', lines: [{ lineId: line.id, units }] };
    const creditId = `end-${harness.events.length}-${line.id}`;
    const { status } = harness.execute({ ...credit, creditId, of });
    if (status === 'rejected') harness.execute({ ...credit, creditId, of: { ...of, amount: 0 } });
  }
}

/** What is owed is paid back; what is due, or missing to confirm, is written off. */
function evenOut(harness: OrderHarness): void {
  harness.execute({ type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } });
  const order = orderOf(harness);
  const { balance, agreedTotal, net, refundPending } = figuresOf(order);
  const missing = order.confirmedAt === null ? agreedTotal - Math.max(0, net - refundPending) : 0;
  const amount = Math.min(Math.max(balance, missing), agreedTotal);
  if (amount <= 0) {
    takeDue(harness, balance);
    return;
  }
  const of = { kind: 'amount', amount, currency: order.currency };
  const creditId = `end-${harness.events.length}`;
  harness.execute({ type: 'order.credit', creditId, cause: 'writeOff', of });
}

/** What is due of an order that costs nothing any more was refunded too much: the customer pays it. */
function takeDue(harness: OrderHarness, amount: number): void {
  if (amount <= 0) return;
  const { currency } = orderOf(harness);
  const paymentId = `end-${harness.events.length}`;
  for (const type of ['payment.authorize', 'payment.capture']) {
    harness.execute({ type, paymentId, amount, currency });
    answerAll(harness);
  }
}
