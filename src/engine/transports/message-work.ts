import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import { messageTooLarge } from '../../transport/cloud-event/failure.ts';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import { untilAborted } from '../abort.ts';
import type { Clock } from '../clock.ts';
import type { MessageOrigin } from '../commands/task.ts';
import type { Logger } from '../logger.ts';
import type { ExecuteResult, Rejected } from '../results.ts';
import type { EngineCounters } from '../stats.ts';
import { isPermanentHandlerError } from '../subscriptions/permanent-error.ts';
import type { DeadLetterOffice } from './dead-letters.ts';
import { type Mapped, mappedOf, typeOf } from './map-answer.ts';
import type { ReceiveSettings } from './receive-options.ts';
import { messageTrace, nameOf } from './received-message.ts';

/** What the messages of one reception are worked on with. */
export interface MessageParts {
  readonly settings: ReceiveSettings;
  readonly office: DeadLetterOffice;
  readonly execute: (command: unknown, origin: MessageOrigin) => Promise<ExecuteResult>;
  /** Whether a command that names this type is a report. */
  readonly isReport: (type: string) => boolean;
  readonly clock: Clock;
  readonly counters: EngineCounters;
  readonly logger: Logger;
  /** Aborted when nothing may be done any more. */
  readonly signal: AbortSignal;
}

/**
 * One message on its way: mapped, its commands executed in turn, acked. An attempt goes on where
 * the one before stopped.
 */
export class MessageWork {
  readonly delivery: Delivery;
  attempts = 0;
  readonly #parts: MessageParts;
  #mapped: Mapped | undefined;
  #next = 0;
  /** Why it is a dead letter, once it is; keeping it may take further attempts. */
  #failure: { readonly error: unknown; readonly reason: string } | undefined;
  /** When its order was first missed. */
  #waitsSince: number | undefined;
  #isWaitOver = false;
  #isSettled = false;

  constructor(delivery: Delivery, parts: MessageParts) {
    this.delivery = delivery;
    this.#parts = parts;
  }

  get message(): TransportMessage {
    return this.delivery.message;
  }

  /** Does what is left to be done; when it resolves the message is dealt with. Throws what may pass. */
  async attempt(): Promise<void> {
    this.attempts += 1;
    if (this.#failure === undefined) {
      try {
        await this.#handle();
      } catch (error) {
        const reason = this.#isWaitOver ? 'orderNotFound' : reasonOf(error);
        if (reason === undefined || this.#parts.signal.aborted) throw error;
        this.#failure = { error, reason };
      }
    }
    if (this.#failure !== undefined) await this.#bury(this.#failure);
    await untilAborted(this.#parts.signal, () => this.settle('ack'));
  }

  /** Tells the transport, once. A failure means that the message comes again, which harms nothing. */
  async settle(how: 'ack' | 'nack'): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    try {
      await this.delivery[how]();
    } catch (error) {
      this.log('warn', 'A message could not be acknowledged; it may come again.', error);
    }
  }

  log(level: 'warn' | 'error', message: string, error: unknown): void {
    const { id: messageId, type, key } = this.message;
    const { name: reception } = this.#parts.settings;
    const { attempts } = this;
    this.#parts.logger[level](message, { reception, messageId, type, key, attempts, error });
  }

  async #handle(): Promise<void> {
    const { counters, signal } = this.#parts;
    const name = this.#check();
    this.#mapped ??= await this.#map();
    const { commands } = this.#mapped;
    if (commands.length === 0) counters.messagesIgnored += 1;
    for (; this.#next < commands.length; this.#next += 1) {
      signal.throwIfAborted();
      await this.#execute(commands[this.#next], name, this.#mapped);
    }
  }

  #check(): string {
    const { maximumBodyBytes } = this.#parts.settings;
    const { byteLength } = this.message.body;
    if (byteLength > maximumBodyBytes) throw messageTooLarge(byteLength, maximumBodyBytes);
    const name = nameOf(this.message);
    if (name !== undefined) return name;
    throw new OrderchartError(
      'messageInvalid',
      'The message has no id, so nobody could tell whether it came before.',
    );
  }

  async #map(): Promise<Mapped> {
    const { settings, signal } = this.#parts;
    const context = { attempt: this.attempts, signal };
    return mappedOf(await untilAborted(signal, () => settings.map(this.message, context)));
  }

  async #execute(command: unknown, name: string, mapped: Mapped): Promise<void> {
    const { execute, settings } = this.#parts;
    const { tenantId = settings.tenantId, actor, correlationId } = mapped;
    const result = await execute(command, {
      tenantId,
      actor,
      correlationId,
      key: `${settings.name}/${name}/${this.#next}`,
      causationId: name,
      trace: messageTrace(this.message),
    });
    if (result.status === 'rejected') await this.#rejected(result, command);
  }

  async #rejected(result: Rejected, command: unknown): Promise<void> {
    const { isReport, counters, settings, signal } = this.#parts;
    const { code } = result.rejection;
    if (code === 'orderNotFound' && isReport(typeOf(command))) throw this.#orderMissing(result);
    const tell = () => settings.onRejected?.(result, this.message);
    await untilAborted(signal, tell).catch((cause: unknown) => {
      // Whatever it is, the message was understood.
      throw new Error('The function onRejected failed.', { cause });
    });
    counters.receivedCommandsRejected += 1;
    this.log('warn', 'A received command was rejected.', result.rejection);
  }

  /** The report came before its order: the order may be placed any moment, or never. */
  #orderMissing({ orderId }: Rejected): OrderchartError {
    const { clock, settings } = this.#parts;
    const now = clock.now();
    this.#waitsSince ??= now;
    this.#isWaitOver = now - this.#waitsSince >= settings.orderWaitMs;
    return new OrderchartError(
      'orderNotFound',
      `There is no order ${orderId} for this report${this.#isWaitOver ? ', and it has waited long enough' : ' yet'}.`,
      { details: { orderId } },
    );
  }

  async #bury({
    error,
    reason,
  }: {
    readonly error: unknown;
    readonly reason: string;
  }): Promise<void> {
    const { office, settings, clock, counters, signal } = this.#parts;
    const detail = error instanceof Error ? error.message : '';
    const { name: reception } = settings;
    const letter = { message: this.message, reception, reason, detail, error };
    await untilAborted(signal, () => office(letter, clock.now()));
    counters.messagesDeadLettered += 1;
    this.log('error', 'A message became a dead letter.', error);
  }
}

/** What will be the same however often it is tried. */
const finalCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'messageInvalid',
  'messageTooLarge',
  'signatureInvalid',
  'signatureExpired',
  'invalidArgument',
  'invalidCommand',
  'idempotencyMismatch',
]);

/** Why a message is a dead letter; `undefined` when the error may pass. */
function reasonOf(error: unknown): string | undefined {
  if (isPermanentHandlerError(error)) return 'refusedByMap';
  return isOrderchartError(error) && finalCodes.has(error.code) ? error.code : undefined;
}
