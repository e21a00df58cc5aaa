import assert from 'node:assert/strict';
import type { Order } from '../order/order.ts';
import type { AnyStatus } from '../order/values.ts';
import type { Decision, RejectionCode } from '../rules/index.ts';
import { createOrderHarness, type HarnessOptions, type OrderHarness } from './harness.ts';

/** A command, or time that passes: `later(3 * day)`. */
export type Step = object | TimePassed;

/** Created by {@link later}. */
export interface TimePassed {
  /** How much time passes, in milliseconds. */
  readonly passes: number;
}

/** Lets time pass. Deadlines that become due are fired. */
export function later(durationMs: number): TimePassed {
  return { passes: durationMs };
}

/** The part of a sentence after `given`. */
export interface Given {
  /** Runs the steps under test. */
  when(...steps: readonly Step[]): Then;
}

/** The expected reason of a refusal. Omitted fields are not checked. */
export interface RejectedBy {
  /** The guard of the chart. */
  readonly guard?: string;
  /** The law. */
  readonly law?: string;
  /** Figures of the rejection, some or all. */
  readonly figures?: Readonly<Record<string, number | string | boolean>>;
}

/** The last part of a sentence. The methods can be chained. */
export interface Then {
  /** Checks the types of the events that `when` recorded, in order. */
  thenEvents(...types: readonly string[]): Then;
  /** Checks that `when` recorded nothing. */
  thenNothing(): Then;
  /** Checks the states of the named regions. */
  thenStatus(status: Readonly<Record<string, string>>): Then;
  /** Checks that the last step was refused for this reason, and changed nothing. */
  thenRejected(code: RejectionCode, by?: RejectedBy): Then;
  /** Checks anything else about the order. */
  thenOrder(check: (order: Order) => void): Then;
  /** The order under test, for everything that the sentences cannot express. */
  readonly harness: OrderHarness;
}

/**
 * Tests that read as sentences: given what happened, when something is done, then this follows.
 *
 * @example
 * const { given } = orderSpecification({ policy: { confirmWhen: 'paid' } });
 *
 * given(place({ total: 1000 }))
 *   .when(reportCaptured(1000))
 *   .thenEvents('payment.captured', 'order.confirmed')
 *   .thenStatus({ lifecycle: 'confirmed', payment: 'paid' });
 */
export function orderSpecification(options: HarnessOptions = {}) {
  return {
    given(...steps: readonly Step[]): Given {
      const harness = createOrderHarness(options);
      for (const step of steps) {
        const decision = take(harness, step);
        if (decision?.status === 'rejected') {
          assert.fail(`given: ${JSON.stringify(step)} was refused: ${decision.rejection.message}`);
        }
      }
      return { when: (...done) => new Outcome(harness, done) };
    },
  };
}

function take(harness: OrderHarness, step: Step): Decision | undefined {
  if (!('passes' in step)) return harness.execute(step);
  harness.advance(step.passes);
  return undefined;
}

class Outcome implements Then {
  readonly harness: OrderHarness;
  readonly #before: number;
  #last: Decision | undefined;

  constructor(harness: OrderHarness, steps: readonly Step[]) {
    this.harness = harness;
    this.#before = harness.events.length;
    for (const step of steps) this.#last = take(harness, step);
  }

  thenEvents(...types: readonly string[]): Then {
    this.#accepted();
    const recorded = this.harness.events.slice(this.#before).map(({ type }) => type);
    assert.deepEqual(recorded, types, 'the recorded events differ');
    return this;
  }

  thenNothing(): Then {
    return this.thenEvents();
  }

  thenStatus(status: Readonly<Record<string, string>>): Then {
    this.#accepted();
    const present: AnyStatus = this.harness.state?.status ?? {};
    const named = Object.fromEntries(Object.keys(status).map((name) => [name, present[name]]));
    assert.deepEqual(named, status, 'the status differs');
    return this;
  }

  thenRejected(code: RejectionCode, by: RejectedBy = {}): Then {
    assert.equal(this.#last?.status, 'rejected', `the step was accepted instead of ${code}`);
    if (this.#last?.status !== 'rejected') return this;
    const { rejection } = this.#last;
    assert.equal(rejection.code, code, rejection.message);
    if (by.guard !== undefined) assert.equal(rejection.guard, by.guard);
    if (by.law !== undefined) assert.equal(rejection.law, by.law);
    const { figures = {} } = by;
    const actual = Object.keys(figures).map((name) => [name, rejection.figures?.[name]]);
    assert.deepEqual(Object.fromEntries(actual), figures, 'the figures of the rejection differ');
    assert.equal(this.harness.events.length, this.#before, 'a rejected step recorded events');
    return this;
  }

  thenOrder(check: (order: Order) => void): Then {
    assert.ok(this.harness.state, 'there is no order');
    check(this.harness.state.order);
    return this;
  }

  #accepted(): void {
    if (this.#last?.status !== 'rejected') return;
    assert.fail(`refused: ${this.#last.rejection.code}: ${this.#last.rejection.message}`);
  }
}
