import type { OrderEngine } from '../../src/engine/api.ts';
import { createIdGenerator } from '../../src/engine/ids.ts';
import type { OrderCommand } from '../../src/order/commands/commands.ts';
import { check } from './check.ts';

/** How many commands one whole life takes. */
export const commandsPerLife = 4;
/** How many events they leave behind: placed, captured, confirmed, dispatched, delivered, completed. */
export const eventsPerLife = 6;
/** Lives that go on at the same time: twice a batch, so that a batch never waits for company. */
export const livesAtOnce = 512;

/** One command with the key under which it runs once. */
export interface KeyedCommand {
  readonly command: OrderCommand;
  readonly idempotencyKey: string;
}

const ids = createIdGenerator();
const price = { first: 4_990, second: 1_250, shipping: 490 };
const total = price.first + 2 * price.second + price.shipping;
const lines = [
  { lineId: 'line-1', units: 1 },
  { lineId: 'line-2', units: 2 },
];

/** The id of a new order; ids sort by time, as a host's should. */
export function newOrderId(): string {
  return ids.newId(Date.now());
}

/** A whole life: placed, sold, dispatched, delivered. Two lines, one charge, one payment. */
export function lifeOf(orderId: string, index: number): readonly KeyedCommand[] {
  return [
    placing(orderId, index),
    sale(orderId),
    shipment(orderId, 'dispatched'),
    delivery(orderId),
  ];
}

const delivery = (orderId: string): KeyedCommand => shipment(orderId, 'delivered');

function placing(orderId: string, index: number): KeyedCommand {
  return keyed('placed', {
    type: 'order.place',
    orderId,
    number: `SO-${orderId}`,
    customerId: `customer-${index % 10_000}`,
    currency: 'EUR',
    lines: [
      { id: 'line-1', sku: 'mug', title: 'A mug', quantity: 1, unitPrice: price.first },
      { id: 'line-2', sku: 'spoon', title: 'A spoon', quantity: 2, unitPrice: price.second },
    ],
    charges: [{ id: 'shipping', amount: price.shipping }],
    total,
    metadata: { channel: 'web' },
  });
}

function sale(orderId: string): KeyedCommand {
  return keyed('captured', {
    type: 'payment.report',
    orderId,
    paymentId: 'card',
    objectId: `charge-${orderId}`,
    outcome: 'captured',
    sale: true,
    amount: total,
    currency: 'EUR',
    source: 'provider',
    reportId: `captured-${orderId}`,
  });
}

function shipment(orderId: string, outcome: 'dispatched' | 'delivered'): KeyedCommand {
  return keyed(outcome, {
    type: 'shipment.report',
    orderId,
    shipmentId: 'parcel',
    outcome,
    lines,
    carrier: 'post',
    tracking: `track-${orderId}`,
    source: 'carrier',
    reportId: `${outcome}-${orderId}`,
  });
}

function keyed(step: string, command: OrderCommand): KeyedCommand {
  return { command, idempotencyKey: `${command.orderId}/${step}` };
}

/** The lives of new orders, made before the clock starts. */
export function newLives(count: number): readonly (readonly KeyedCommand[])[] {
  return Array.from({ length: count }, (_, index) => lifeOf(newOrderId(), index));
}

/**
 * Leads every life to its end, {@link livesAtOnce} at a time: each waits for the answer to its
 * command before it sends the next, as callers do.
 */
export async function live(
  engine: OrderEngine,
  lives: readonly (readonly KeyedCommand[])[],
): Promise<void> {
  const rest = lives.values();
  const liveOnes = async (): Promise<void> => {
    for (const life of rest) await liveOne(engine, life);
  };
  await Promise.all(Array.from({ length: Math.min(livesAtOnce, lives.length) }, liveOnes));
}

async function liveOne(engine: OrderEngine, life: readonly KeyedCommand[]): Promise<void> {
  let lifecycle: unknown;
  for (const { command, idempotencyKey } of life) {
    const result = await engine.execute(command, { idempotencyKey });
    check('status of a command', result.status, 'accepted');
    if (result.status === 'accepted') lifecycle = result.orderStatus['lifecycle'];
  }
  check('lifecycle at the end', lifecycle, 'completed');
}
