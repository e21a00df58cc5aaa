import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import { messageTooLarge } from '../../transport/cloud-event/failure.ts';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import type { MessageOrigin } from '../contract/context.ts';
import type { ExecuteResult, Rejected } from '../contract/results.ts';
import { onAbort, untilAborted } from '../kernel/abort.ts';
import { type Clock, scheduleAfter } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import { isPermanentHandlerError } from '../subscriptions/permanent-error.ts';
import type { DeadLetterOffice } from './dead-letters.ts';
import { type Mapped, mappedOf, typeOf } from './map-answer.ts';
import { type AsideNote, MessageProgress } from './messages-aside.ts';
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
  /** When it was put aside before. */
  readonly note: AsideNote | undefined;
  readonly progress: MessageProgress;
  readonly #parts: MessageParts;
  #mapped: Mapped | undefined;
  /** Why it is a dead letter, once it is; keeping it may take further attempts. */
  #failure: { readonly error: unknown; readonly reason: string } | undefined;
  #isWaitOver = false;
  #isSettled = false;

  constructor(delivery: Delivery, parts: MessageParts, note?: AsideNote) {
    this.delivery = delivery;
    this.note = note;
    this.progress = note?.progress ?? new MessageProgress();
    this.#parts = parts;
  }

  get message(): TransportMessage {
    return this.delivery.message;
  }

  /** Those that were never put aside came after all that were. */
  get place(): number {
    return this.note?.place ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Does what is left to be done; when it resolves the message is dealt with. Throws what may pass,
   * also when it takes too long.
   */
  async attempt(): Promise<void> {
    const { progress } = this;
    const { clock, settings, signal: ending } = this.#parts;
    progress.attempts += 1;
    // What hangs may hang for ever. Called again and again, it would fill the memory.
    if (progress.callsUnderWay > 0) throw new Error('An earlier attempt has not ended.');
    const abort = new AbortController();
    const unlisten = onAbort(ending, () => abort.abort(ending.reason));
    const cancel = scheduleAfter(clock, settings.attemptTimeoutMs, () =>
      abort.abort(new Error(`An attempt took longer than ${settings.attemptTimeoutMs} ms.`)),
    );
    try {
      ending.throwIfAborted();
      await this.#attempt(abort.signal);
    } finally {
      cancel();
      unlisten();
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    if (this.#failure === undefined) {
      try {
        await this.#handle(signal);
      } catch (error) {
        const reason = this.#isWaitOver ? 'orderNotFound' : reasonOf(error);
        if (reason === undefined || signal.aborted) throw error;
        this.#failure = { error, reason };
      }
    }
    if (this.#failure !== undefined) await this.#bury(this.#failure, signal);
    await untilAborted(signal, () => this.settle('ack'));
  }

  /** Waits for what may hang no longer than the attempt may take. */
  #call<Result>(signal: AbortSignal, work: () => Result | Promise<Result>): Promise<Result> {
    const { progress } = this;
    return untilAborted(signal, async () => {
      progress.callsUnderWay += 1;
      try {
        return await work();
      } finally {
        progress.callsUnderWay -= 1;
      }
    });
  }

  /** Tells the transport, once. A failure means that the message comes again, which harms nothing. */
  async settle(how: 'ack' | 'nack', delayMs?: number): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    try {
      await (how === 'ack' ? this.delivery.ack() : this.delivery.nack(delayMs));
    } catch (error) {
      this.log('warn', 'A message could not be acknowledged; it may come again.', error);
    }
  }

  log(level: 'warn' | 'error', message: string, error: unknown): void {
    const { id: messageId, type, key } = this.message;
    const { name: reception } = this.#parts.settings;
    const { attempts } = this.progress;
    this.#parts.logger[level](message, { reception, messageId, type, key, attempts, error });
  }

  async #handle(signal: AbortSignal): Promise<void> {
    const { counters } = this.#parts;
    const { progress } = this;
    const name = this.#check();
    this.#mapped ??= await this.#map(signal);
    const { commands } = this.#mapped;
    if (commands.length === 0) counters.messagesIgnored += 1;
    for (; progress.nextCommand < commands.length; progress.nextCommand += 1) {
      signal.throwIfAborted();
      await this.#execute(name, this.#mapped, signal);
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

  async #map(signal: AbortSignal): Promise<Mapped> {
    const { settings } = this.#parts;
    const context = { attempt: this.progress.attempts, signal };
    return mappedOf(await this.#call(signal, () => settings.map(this.message, context)));
  }

  async #execute(name: string, mapped: Mapped, signal: AbortSignal): Promise<void> {
    const { execute, settings } = this.#parts;
    const { tenantId = settings.tenantId, actor, correlationId } = mapped;
    const { nextCommand } = this.progress;
    const command = mapped.commands[nextCommand];
    const origin = {
      tenantId,
      actor,
      correlationId,
      key: `${settings.name}/${name}/${nextCommand}`,
      causationId: name,
      trace: messageTrace(this.message),
    };
    const result = await this.#call(signal, () => execute(command, origin));
    if (result.status === 'rejected') await this.#rejected(result, command, signal);
  }

  async #rejected(result: Rejected, command: unknown, signal: AbortSignal): Promise<void> {
    const { isReport, counters, settings } = this.#parts;
    const { code } = result.rejection;
    if (code === 'orderNotFound' && isReport(typeOf(command))) throw this.#orderMissing(result);
    const tell = () => settings.onRejected?.(result, this.message);
    await this.#call(signal, tell).catch((cause: unknown) => {
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
    this.progress.missedSince ??= now;
    this.#isWaitOver = now - this.progress.missedSince >= settings.orderWaitMs;
    return new OrderchartError(
      'orderNotFound',
      `There is no order ${orderId} for this report${this.#isWaitOver ? ', and it has waited long enough' : ' yet'}.`,
      { details: { orderId } },
    );
  }

  async #bury(
    { error, reason }: { readonly error: unknown; readonly reason: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { office, settings, clock, counters } = this.#parts;
    const detail = error instanceof Error ? error.message : '';
    const { name: reception } = settings;
    const letter = { message: this.message, reception, reason, detail, error };
    await this.#call(signal, () => office(letter, clock.now()));
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
