import type { Timestamp } from '../../order/values.ts';
import type {
  CommandExplanation,
  Decision,
  DecisionEnvironment,
  OrderRules,
  ParsedCommand,
} from '../../rules/types.ts';
import type { OrderRecord } from '../../store/store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import { type Stamp, stateOf } from './recording.ts';
import type { TaskRequest } from './task.ts';

/** Calls the rules. Deciding is synchronous, so all decisions share one environment object. */
export class DecisionMaker implements Stamp {
  readonly chart: string;
  readonly newId: (now: Timestamp) => string;
  readonly #rules: OrderRules;
  readonly #clock: Clock;
  readonly #environment: {
    -readonly [Field in keyof DecisionEnvironment]: DecisionEnvironment[Field];
  };

  constructor(rules: OrderRules, clock: Clock, ids: IdGenerator) {
    this.chart = rules.chart;
    this.newId = (now) => ids.newId(now);
    this.#rules = rules;
    this.#clock = clock;
    const newId = (): string => ids.newId(this.#environment.now);
    this.#environment = { tenantId: '', orderId: '', now: 0, newId };
  }

  /** The time of the next decision. */
  clockNow(): Timestamp {
    return this.#clock.now();
  }

  /** Decides what `request` does to the order in `record` at `now`. */
  decide(
    { tenantId, orderId, work }: TaskRequest,
    record: OrderRecord | undefined,
    now: Timestamp,
  ): Decision {
    const environment = this.#environmentFor(tenantId, orderId, now);
    const state = record && stateOf(record);
    if (work.kind === 'command') return this.#rules.decide(state, work.command, environment);
    if (state !== undefined) return this.#rules.fire(state, work.deadline, environment);
    const message = `There is no order ${orderId} any more, so its deadline is void.`;
    return { status: 'rejected', rejection: { code: 'orderNotFound', message } };
  }

  /** Returns the commands that the order accepts now, and why it refuses the others. */
  explain(record: OrderRecord, command: ParsedCommand | undefined): readonly CommandExplanation[] {
    const environment = this.#environmentFor(record.tenantId, record.orderId, this.#clock.now());
    return this.#rules.explain(stateOf(record), environment, command);
  }

  #environmentFor(tenantId: string, orderId: string, now: Timestamp): DecisionEnvironment {
    const environment = this.#environment;
    environment.tenantId = tenantId;
    environment.orderId = orderId;
    environment.now = now;
    return environment;
  }
}
