import type { OrderCommand } from 'orderchart';
import type { SourceItem, SourceOrder } from './source.ts';

/** A step to take at a moment of the virtual clock. */
export type Step = Sending | Stop;

/** A command to send. */
export interface Sending {
  readonly kind: 'send';
  readonly at: number;
  readonly orderId: string;
  /** The same in every run, so that a second run only repeats the commands of the first. */
  readonly idempotencyKey: string;
  readonly command: OrderCommand;
}

/** The clock stops here, so that deadlines that are due fire before it goes on. */
export interface Stop {
  readonly kind: 'stop';
  readonly at: number;
}

export const currency = 'BRL';

/** How long an order waits for its money: 45 days. */
export const unpaidTimeoutMs = 45 * 86_400_000;

/** The price of an order with neither items nor payments in the files: 100.00 BRL. */
const assumedPrice = 10_000;
const minuteMs = 60_000;

/** Returns the steps of all orders by time. Simultaneous ones keep the sequence of the files. */
export function stepsOf(orders: readonly SourceOrder[]): readonly Step[] {
  return orders.flatMap(stepsOfOrder).sort((one, other) => one.at - other.at);
}

function stepsOfOrder(order: SourceOrder): readonly Step[] {
  return [place(order), ...pay(order), ...ship(order), ...cancel(order), ...stops(order)];
}

function place(order: SourceOrder): Sending {
  const { estimatedAt } = order;
  return send(order, 'placed', order.purchasedAt, {
    type: 'order.place',
    orderId: order.id,
    customerId: order.customerId,
    currency,
    lines: linesOf(order),
    charges: chargesOf(order.items),
    total: totalOf(order),
    metadata: estimatedAt === undefined ? {} : { estimatedAt },
  });
}

/** Reports each payment of the order as authorized and captured in one step. */
function pay(order: SourceOrder): readonly Sending[] {
  const { approvedAt } = order;
  if (approvedAt === undefined) return [];
  return paymentsOf(order).map(({ sequence, type, value }) =>
    send(order, `captured/${sequence}`, approvedAt, {
      type: 'payment.report',
      outcome: 'captured',
      sale: true,
      orderId: order.id,
      paymentId: sequence,
      objectId: `${order.id}/${sequence}`,
      ...(type !== undefined && { method: type }),
      amount: value,
      currency,
      source: 'provider',
      reportId: `${order.id}/captured/${sequence}`,
      occurredAt: approvedAt,
    }),
  );
}

function ship(order: SourceOrder): readonly Sending[] {
  const sendings: Sending[] = [];
  const report = (outcome: 'dispatched' | 'delivered', at: number | undefined): void => {
    if (at === undefined) return;
    const command = {
      type: 'shipment.report',
      outcome,
      orderId: order.id,
      shipmentId: 'parcel',
      lines: linesOf(order).map(({ id, quantity }) => ({ lineId: id, units: quantity })),
      source: 'carrier',
      reportId: `${order.id}/${outcome}`,
      occurredAt: at,
    } as const;
    sendings.push(send(order, outcome, at, command));
  };
  report('dispatched', order.carrierAt);
  report('delivered', order.deliveredAt);
  return sendings;
}

/** The files do not say when an order was cancelled; assume a minute after its last known time. */
function cancel(order: SourceOrder): readonly Step[] {
  const { status } = order;
  if (status !== 'canceled' && status !== 'unavailable') return [];
  const times = [order.purchasedAt, order.approvedAt, order.carrierAt, order.deliveredAt];
  const at = Math.max(...times.map((time) => time ?? 0)) + minuteMs;
  const command = { type: 'order.cancel', orderId: order.id, reason: status } as const;
  // Stop here too, so that the money goes back at this time and not at that of the next order.
  return [send(order, 'cancelled', at, command), { kind: 'stop', at }];
}

/** An order that is not paid in time expires, and the clock stops there for its deadline. */
function stops({ purchasedAt, approvedAt }: SourceOrder): readonly Stop[] {
  const at = purchasedAt + unpaidTimeoutMs;
  return approvedAt !== undefined && approvedAt < at ? [] : [{ kind: 'stop', at }];
}

function send(order: SourceOrder, name: string, at: number, command: OrderCommand): Sending {
  return { kind: 'send', at, orderId: order.id, idempotencyKey: `${order.id}/${name}`, command };
}

function linesOf(order: SourceOrder) {
  if (order.items.length === 0) {
    return [{ id: 'unknown', quantity: 1, unitPrice: assumedTotal(order) }];
  }
  return order.items.map(({ item, productId, price }) => ({
    id: item,
    sku: productId,
    quantity: 1,
    unitPrice: price,
  }));
}

function chargesOf(items: readonly SourceItem[]) {
  const freight = sum(items.map((item) => item.freight));
  return freight === 0 ? [] : [{ id: 'freight', amount: freight }];
}

function totalOf(order: SourceOrder): number {
  if (order.items.length === 0) return assumedTotal(order);
  return sum(order.items.map(({ price, freight }) => price + freight));
}

/** The total of an order without known items: what was paid for it, or the assumed price. */
function assumedTotal({ payments }: SourceOrder): number {
  return payments.length === 0 ? assumedPrice : sum(payments.map(({ value }) => value));
}

/** Leaves out payments of zero: they move no money, so there is nothing to report. */
function paymentsOf(order: SourceOrder) {
  const assumed = { sequence: '1', type: undefined, value: totalOf(order) };
  const payments = order.payments.length === 0 ? [assumed] : order.payments;
  return payments.filter(({ value }) => value > 0);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
