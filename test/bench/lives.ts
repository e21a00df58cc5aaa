import type { OrderEngine } from '../../src/engine/api.ts';
import type { Accepted, ExecuteResult } from '../../src/engine/contract/results.ts';
import { createIdGenerator } from '../../src/engine/kernel/ids.ts';
import type { OrderCommand } from '../../src/order/commands/commands.ts';
import { check } from './check.ts';

/** How many commands one whole life takes. */
export const commandsPerLife = 4;
/** How many events they leave behind: placed, captured, confirmed, dispatched, delivered, completed. */
export const eventsPerLife = 6;
/** Lives that go on at the same time: twice a batch, so that a batch never waits for company. */
const livesAtOnce = 512;

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

/** What executes commands: any engine, whatever its rules. */
interface Executor {
  execute(command: object, context: object): Promise<ExecuteResult>;
}

/** Leads every life to its end, and sees that it was a whole one. */
export async function live(
  engine: Pick<OrderEngine, 'execute'>,
  lives: readonly (readonly KeyedCommand[])[],
): Promise<void> {
  await sendAll(engine as Executor, lives, (result) => {
    check('status of a command', result.status, 'accepted');
    const { orderStatus } = result as Accepted;
    check('lifecycle at the end', orderStatus['lifecycle'], 'completed');
  });
}

/**
 * Sends the commands of all lives, {@link livesAtOnce} lives at a time: each waits for the answer
 * to its command before it sends the next, as callers do.
 *
 * @param onEnd Sees the last answer of every life.
 */
export async function sendAll(
  engine: Executor,
  lives: readonly (readonly KeyedCommand[])[],
  onEnd?: (last: ExecuteResult) => void,
): Promise<void> {
  const rest = lives.values();
  const leadSome = async (): Promise<void> => {
    for (const life of rest) {
      let last: ExecuteResult | undefined;
      for (const { command, idempotencyKey } of life) {
        last = await engine.execute(command, { idempotencyKey });
      }
      if (last !== undefined) onEnd?.(last);
    }
  };
  await Promise.all(Array.from({ length: Math.min(livesAtOnce, lives.length) }, leadSome));
}
