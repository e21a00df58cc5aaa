import type { OrderCommand } from '../../src/order/commands/commands.ts';
import { compileOrderChart, type OrderChart } from '../../src/order/lifecycle/chart.ts';
import { defaultPolicy } from '../../src/order/policy.ts';
import { decide } from '../../src/rules/decide.ts';
import { createParser } from '../../src/rules/parse.ts';
import type { Rulebook } from '../../src/rules/rulebook.ts';
import type { Decision, OrderState } from '../../src/rules/types.ts';
import { check } from './check.ts';

/** The rules without engine and store, one order at a time; its chart can be looked into. */
export class RuleRunner {
  readonly chart: OrderChart = compileOrderChart([], 100_000);
  readonly #book: Rulebook;
  #state: OrderState | undefined;
  #ids = 0;
  readonly #newId = (): string => {
    this.#ids += 1;
    return `id-${this.#ids}`;
  };

  constructor() {
    this.#book = {
      name: 'order@1',
      chart: this.chart,
      parser: createParser([]),
      policy: defaultPolicy,
      extensions: [],
      recipes: new Map(),
      owners: new Map(),
      firstData: {},
    };
  }

  get lifecycle(): unknown {
    return this.#state?.status['lifecycle'];
  }

  /** Forgets the order. */
  begin(): void {
    this.#state = undefined;
  }

  execute(command: OrderCommand): void {
    const decision = this.tryToExecute(command);
    check('status of a decision', decision.status, 'accepted');
  }

  /** The same where a refusal belongs to the life. */
  tryToExecute(command: object): Decision {
    const parsed = this.#book.parser(command);
    const orderId = parsed.orderId ?? 'order';
    const environment = {
      tenantId: 'default',
      orderId,
      now: 1_767_225_600_000,
      newId: this.#newId,
    };
    const decision = decide(this.#book, this.#state, parsed, environment);
    if (decision.status === 'accepted') this.#state = decision.state;
    return decision;
  }
}
