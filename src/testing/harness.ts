import { z } from 'zod';
import { rulesSchemas } from '../engine/options.ts';
import { checkOptions, type OptionSchemas, whole } from '../options.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Order } from '../order/order.ts';
import type { Timestamp } from '../order/values.ts';
import type { OrderState, RulesOptions } from '../rules/index.ts';
import {
  compileRules,
  type Decision,
  type OrderRules,
  type ParsedCommand,
} from '../rules/index.ts';

/** Options of {@link createOrderHarness}. Every option has a default. */
export interface HarnessOptions extends Partial<RulesOptions> {
  /** Milliseconds since the Unix epoch. Default: 2026-01-01. */
  readonly startAt?: Timestamp;
  /**
   * Compiled rules, instead of the options of rules, which are ignored then. Property tests share
   * them, because compiling for every run would take longer than the run.
   */
  readonly rules?: OrderRules;
  /** An order to start from. Default: none. */
  readonly state?: OrderState;
}

const schema = z.strictObject({
  startAt: whole(0, Number.MAX_SAFE_INTEGER, 'milliseconds').default(1_767_225_600_000),
  rules: z.custom<OrderRules>().optional(),
  state: z.custom<OrderState>().optional(),
  ...rulesSchemas,
} satisfies OptionSchemas<HarnessOptions>);

/**
 * One order in memory, without engine, store or clock: commands go directly to the rules, and time
 * moves only with `advance`. For tests of lifecycles, extensions and properties: it runs thousands
 * of commands per second.
 */
export interface OrderHarness {
  /** The rules that decide. */
  readonly rules: OrderRules;
  /** The time, in milliseconds since the Unix epoch. `advance` moves it. */
  readonly now: Timestamp;
  /** `undefined` until an order is placed. */
  readonly state: OrderState | undefined;
  /** Everything recorded so far. */
  readonly events: readonly OrderEvent[];
  /** Parses and decides a command, and keeps the new state if accepted. Throws if it is invalid. */
  execute(command: object): Decision;
  /** Moves the time, and fires every deadline that becomes due, in order. */
  advance(durationMs: number): void;
  /** The order folded from the recorded events alone (law L6). */
  replayed(): Order | undefined;
}

/** Creates an {@link OrderHarness}. */
export function createOrderHarness(options: HarnessOptions = {}): OrderHarness {
  return new Harness(options);
}

/** The only order of a harness. */
const key = { tenantId: 'test', orderId: 'order-1' };

class Harness implements OrderHarness {
  readonly rules: OrderRules;
  readonly events: OrderEvent[] = [];
  now: Timestamp;
  state: OrderState | undefined;
  #ids = 0;

  constructor(options: HarnessOptions) {
    const { startAt, state, rules, ...rest } = checkOptions('createOrderHarness', schema, options);
    this.now = startAt;
    this.state = state;
    this.rules = rules ?? compileRules(rest);
  }

  execute(command: object): Decision {
    const parsed: ParsedCommand = this.rules.parse({ orderId: key.orderId, ...command });
    return this.#take(this.rules.decide(this.state, parsed, this.#environment()));
  }

  advance(durationMs: number): void {
    const until = this.now + durationMs;
    for (;;) {
      const next = this.state?.deadlines[0];
      if (this.state === undefined || next === undefined || next.dueAt > until) break;
      this.now = Math.max(this.now, next.dueAt);
      this.#take(this.rules.fire(this.state, next, this.#environment()));
    }
    this.now = until;
  }

  replayed(): Order | undefined {
    let order: Order | undefined;
    for (const event of this.events) order = this.rules.replay(order, event);
    return order;
  }

  #environment() {
    return { ...key, now: this.now, newId: () => this.#newId() };
  }

  #newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  #take(decision: Decision): Decision {
    if (decision.status === 'rejected') return decision;
    this.state = decision.state;
    for (const event of decision.events) {
      this.events.push({
        ...event,
        ...key,
        id: this.#newId(),
        version: this.events.length + 1,
        chart: this.rules.chart,
        recordedAt: this.now,
        causationId: null,
        correlationId: null,
        actor: null,
        trace: null,
      });
    }
    return decision;
  }
}
