import { setTimeout as delay } from 'node:timers/promises';
import { type ExecuteResult, isOrderchartError, type OrderEngine } from '../../../src/index.ts';
import type { OrderCommand } from '../../../src/order/commands/commands.ts';
import { type Chance, chanceOf, seedFor } from './chance.ts';

/** The answer to a command, as its caller was told it. */
export interface Acknowledgement {
  readonly key: string;
  readonly orderId: string;
  readonly status: 'accepted' | 'rejected';
  /** The order's version after it, and how many events it recorded; 0 and 0 when rejected. */
  readonly version: number;
  readonly eventCount: number;
  /** Why it was rejected. */
  readonly code?: string | undefined;
}

export function answerOf(key: string, result: ExecuteResult): Acknowledgement {
  const { status, orderId = '' } = result;
  if (result.status === 'rejected') {
    const { code } = result.rejection;
    return { key, orderId, status, version: 0, eventCount: 0, code };
  }
  const { version, events } = result;
  return { key, orderId, status, version, eventCount: events.length };
}

export interface WorkloadOptions {
  readonly engine: OrderEngine;
  /** Part of the ids and keys, so that several workloads on one store can be told apart. */
  readonly name: string;
  readonly seed: number;
  /** How many clients there are; each waits for its answer before it asks again. */
  readonly clients: number;
  /** How many orders all workloads on the store fight over. */
  readonly sharedOrders: number;
  /** Called before anything else happens with the answer. */
  readonly onAnswer: (answer: Acknowledgement) => void;
  /** Called for errors that no client should ever see. */
  readonly onDefect: (error: unknown) => void;
}

interface KeyedCommand {
  readonly command: OrderCommand;
  readonly key: string;
}

const price = 1000;
const linesOf = (units: number) => [{ lineId: 'line-1', units }];

/**
 * Clients as they should be: each leads order after order through a life, meddles with orders
 * that others change too, and repeats a command with its key until it has the answer.
 */
export class Workload {
  readonly #options: WorkloadOptions;
  #clients: Promise<void>[] = [];
  #isStopped = false;
  #lives = 0;
  #repeats = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.start();
  }

  /** Begins, or begins again after a `stop`, with orders of other names. */
  start(): void {
    const { clients } = this.#options;
    this.#isStopped = false;
    this.#clients = Array.from({ length: clients }, (_, index) => this.#live(index));
  }

  /** How often a command had to be sent again. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Sends no new commands; resolves when those under way have their answers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#clients);
  }

  async #live(index: number): Promise<void> {
    const { name, seed, sharedOrders, onDefect } = this.#options;
    const chance = chanceOf(seedFor(seed, `${name}/${index}`));
    try {
      while (!this.#isStopped) {
        this.#lives += 1;
        const orderId = `${name}-${index}-${this.#lives}`;
        for (const keyed of lifeOf(orderId, chance)) {
          if (sharedOrders > 0 && chance.is(0.3)) await this.#meddle(keyed.key, chance);
          await this.#insist(keyed);
        }
      }
    } catch (error) {
      if (!isOrderchartError(error, 'engineClosed')) onDefect(error);
    }
  }

  /** Does something to an order that all workloads know. */
  async #meddle(cause: string, chance: Chance): Promise<void> {
    const orderId = `shared-${chance.between(1, this.#options.sharedOrders)}`;
    // Everybody places it, under one key: it is placed once, and all get the same answer.
    await this.#insist(placing(orderId));
    await this.#insist(meddling(orderId, `meddled-${cause}`, chance));
  }

  async #insist({ command, key }: KeyedCommand): Promise<void> {
    const { engine, onAnswer } = this.#options;
    const context = { idempotencyKey: key, causationId: key };
    while (!this.#isStopped) {
      try {
        onAnswer(answerOf(key, await engine.execute(command, context)));
        return;
      } catch (error) {
        if (!isOrderchartError(error) || !error.retryable) throw error;
        this.#repeats += 1;
        await delay(10);
      }
    }
  }
}

/** The commands of one order's life, in turn. */
function lifeOf(orderId: string, chance: Chance): readonly KeyedCommand[] {
  const placed = placing(orderId);
  const notes = Array.from({ length: chance.between(0, 2) }, (_, index) =>
    keyed(orderId, `note-${index}`, {
      type: 'order.annotate',
      orderId,
      metadata: { note: 'x'.repeat(chance.between(1, 300)) },
    }),
  );
  const paid = capturing(orderId, 'sale', 3 * price);
  const cancelled = keyed(orderId, 'cancel', { type: 'order.cancel', orderId });
  if (chance.is(0.2)) return [placed, ...notes, cancelled];
  if (chance.is(0.2)) return [placed, paid, ...notes, cancelled];
  return [placed, paid, ...notes, shipping(orderId, 'dispatched'), shipping(orderId, 'delivered')];
}

function meddling(orderId: string, name: string, chance: Chance): KeyedCommand {
  const kind = chance.between(1, 4);
  if (kind === 1) return capturing(orderId, name, 1);
  if (kind === 2) return keyed(orderId, name, { type: 'order.hold', orderId, reason: 'fraud' });
  if (kind === 3) return keyed(orderId, name, { type: 'order.release', orderId, reason: 'fraud' });
  return keyed(orderId, name, { type: 'order.annotate', orderId, metadata: { note: name } });
}

function keyed(orderId: string, name: string, command: OrderCommand): KeyedCommand {
  return { command, key: `${orderId}/${name}` };
}

function placing(orderId: string): KeyedCommand {
  return keyed(orderId, 'place', {
    type: 'order.place',
    orderId,
    number: `SO-${orderId}`,
    customerId: 'customer-1',
    currency: 'EUR',
    lines: [{ id: 'line-1', quantity: 3, unitPrice: price }],
  });
}

function capturing(orderId: string, name: string, amount: number): KeyedCommand {
  return keyed(orderId, name, {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    orderId,
    paymentId: 'payment-1',
    objectId: `object-${name}`,
    amount,
    currency: 'EUR',
    source: 'provider',
    reportId: `report-${name}`,
  });
}

function shipping(orderId: string, outcome: 'dispatched' | 'delivered'): KeyedCommand {
  return keyed(orderId, outcome, {
    type: 'shipment.report',
    orderId,
    shipmentId: 'shipment-1',
    outcome,
    lines: linesOf(3),
    source: 'warehouse',
    reportId: `${outcome}-${orderId}`,
  });
}
