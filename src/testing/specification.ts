import assert from 'node:assert/strict';
import type { Order } from '../order/order.ts';
import type { AnyStatus } from '../order/values.ts';
import type { Decision, RejectionCode } from '../rules/index.ts';
import { createOrderHarness, type HarnessOptions, type OrderHarness } from './harness.ts';

/** A command, or a stretch of time: `later(3 * day)`. */
export type Step = object | TimePassed;

/** See {@link later}. */
export interface TimePassed {
  /** How much time passes, in milliseconds. */
  readonly passes: number;
}

/** Time passes: deadlines that come due are fired. */
export function later(durationMs: number): TimePassed {
  return { passes: durationMs };
}

/** The second part of a sentence. */
export interface Given {
  /** The step under test. */
  when(...steps: readonly Step[]): Then;
}

/** What refused a step; what is left out does not matter. */
export interface RejectedBy {
  /** The guard of the chart. */
  readonly guard?: string;
  /** The law. */
  readonly law?: string;
  /** Figures of the rejection, some or all. */
  readonly figures?: Readonly<Record<string, number | string | boolean>>;
}

/** The last part of a sentence; every method may follow another. */
export interface Then {
  /** The types of the events that `when` recorded, in order. */
  thenEvents(...types: readonly string[]): Then;
  /** That `when` recorded nothing. */
  thenNothing(): Then;
  /** The regions named are in the states named. */
  thenStatus(status: Readonly<Record<string, string>>): Then;
  /** The last step was refused so, and changed nothing. */
  thenRejected(code: RejectionCode, by?: RejectedBy): Then;
  /** Anything else about the order. */
  thenOrder(check: (order: Order) => void): Then;
  /** The order under test, for whatever the sentences cannot say. */
  readonly harness: OrderHarness;
}

/**
 * Tests that read as sentences: what happened, what is done, what comes of it.
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
    const told = Object.keys(figures).map((name) => [name, rejection.figures?.[name]]);
    assert.deepEqual(Object.fromEntries(told), figures, 'the figures of the rejection differ');
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
