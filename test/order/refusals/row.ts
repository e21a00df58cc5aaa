import type { Rejection } from '../../../src/rules/index.ts';
import { createOrderHarness, type HarnessOptions } from '../../../src/testing/harness.ts';
import type { Step } from '../../../src/testing/specification.ts';

/** One refusal as people read it: what happened before, the request, and the whole answer. */
export interface Row {
  /** What is refused. */
  readonly of: string;
  readonly given: readonly Step[];
  readonly when: object;
  readonly rejection: Rejection;
  /** Default: an order confirms when it is paid. */
  readonly options?: HarnessOptions;
}

/** Runs a row. Returns its rejection; fails if a step before it is refused, or if it is not. */
export function refuse({ given, when, options }: Omit<Row, 'of' | 'rejection'>): Rejection {
  const harness = createOrderHarness(options ?? { policy: { confirmWhen: 'paid' } });
  for (const step of given) {
    const refused = 'passes' in step ? harness.advance(step.passes) : harness.execute(step);
    if (refused?.status === 'rejected') throw new Error(`given: ${refused.rejection.message}`);
  }
  const { state } = harness;
  const decision = harness.execute(when);
  if (decision.status !== 'rejected') throw new Error(`accepted: ${JSON.stringify(when)}`);
  if (harness.state !== state) throw new Error('a refused request changed the order');
  return decision.rejection;
}
