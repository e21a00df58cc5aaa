import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { copyJson, fingerprintOf } from '../../json/copy.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderRules, ParsedCommand } from '../../rules/types.ts';
import type { CommandIdentity, DueOrder } from '../../store/store.ts';
import {
  checkContext,
  type ExecuteContext,
  type MessageOrigin,
  receiveScope,
  subscriptionScope,
  timerScope,
} from '../contract/context.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Tenants } from '../tenants.ts';
import type { Origin, TaskRequest } from './task.ts';
import type { Transactions } from './transactions.ts';

/** Step 1 of a command: turns untrusted input into a checked request. */
export class Intake {
  readonly #rules: OrderRules;
  readonly #clock: Clock;
  readonly #ids: IdGenerator;
  readonly #transactions: Transactions;
  readonly #tenants: Tenants;

  constructor(
    rules: OrderRules,
    clock: Clock,
    ids: IdGenerator,
    transactions: Transactions,
    tenants: Tenants,
  ) {
    this.#rules = rules;
    this.#clock = clock;
    this.#ids = ids;
    this.#transactions = transactions;
    this.#tenants = tenants;
  }

  /** The request of a call of `execute`. */
  hostRequest(command: unknown, context: unknown): TaskRequest {
    const checked = checkContext(context);
    const { scope = 'default', idempotencyKey } = checked;
    const tenantId = this.#tenants.of(checked.tenantId);
    const identity =
      idempotencyKey === undefined ? undefined : { tenantId, scope, key: idempotencyKey };
    return this.#request(command, tenantId, identity, originOf(checked), checked);
  }

  /** The request of a command that a handler returned for an event. */
  handlerRequest(command: unknown, event: OrderEvent, key: string): TaskRequest {
    const { tenantId, id, correlationId, trace } = event;
    return this.#request(
      command,
      tenantId,
      { tenantId, scope: subscriptionScope, key },
      { actor: null, correlationId, causationId: id, trace },
    );
  }

  /** The request of a command that a message was mapped to. */
  messageRequest(command: unknown, origin: MessageOrigin): TaskRequest {
    const { key, causationId, trace, ...named } = origin;
    const { tenantId: given, actor, correlationId } = checkContext(named);
    const tenantId = this.#tenants.of(given);
    return this.#request(
      command,
      tenantId,
      { tenantId, scope: receiveScope, key },
      { actor: actor ?? null, correlationId: correlationId ?? null, causationId, trace },
    );
  }

  /** The request of a due deadline. Its key makes it fire once, however many processes try. */
  deadlineRequest({ tenantId, orderId, deadline }: DueOrder): TaskRequest {
    const key = `timer/${orderId}/${deadline.name}/${deadline.dueAt}`;
    return {
      tenantId,
      orderId,
      work: { kind: 'deadline', deadline },
      identity: { tenantId, scope: timerScope, key },
      fingerprint: '',
      expectedVersion: undefined,
      origin: { actor: null, correlationId: null, causationId: null, trace: null },
      signal: undefined,
      transaction: undefined,
    };
  }

  /**
   * Returns a plain copy of a command within the limits, checked against its schema.
   *
   * @param orderId The order of a command that names none.
   */
  parse(command: unknown, orderId?: string): ParsedCommand {
    const json = copyJson(command);
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
    return this.#parse(isObject && orderId !== undefined ? { orderId, ...json } : json);
  }

  #request(
    command: unknown,
    tenantId: string,
    identity: CommandIdentity | undefined,
    origin: Origin,
    { expectedVersion, signal, transaction }: ExecuteContext = {},
  ): TaskRequest {
    const json = copyJson(command);
    const parsed = this.#parse(json);
    return {
      tenantId,
      orderId: parsed.orderId ?? this.#ids.newId(this.#clock.now()),
      work: { kind: 'command', command: parsed },
      identity,
      // Of the caller's JSON: an id that the engine adds would differ from call to call.
      fingerprint: identity === undefined ? '' : fingerprintOf(json),
      expectedVersion,
      origin,
      signal,
      transaction: transaction === undefined ? undefined : this.#transactions.of(transaction),
    };
  }

  #parse(json: unknown): ParsedCommand {
    try {
      return this.#rules.parse(json);
    } catch (cause) {
      if (isOrderchartError(cause)) throw cause;
      throw new OrderchartError('invalidCommand', 'The command cannot be parsed; see the cause.', {
        cause,
      });
    }
  }
}

function originOf({ actor, correlationId, causationId, trace }: ExecuteContext): Origin {
  return {
    actor: actor ?? null,
    correlationId: correlationId ?? null,
    causationId: causationId ?? null,
    trace: trace ? { traceparent: trace.traceparent, tracestate: trace.tracestate ?? null } : null,
  };
}
