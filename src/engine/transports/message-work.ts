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
import type { DeadLetterSink } from './dead-letters.ts';
import { type AsideNote, MessageProgress } from './messages-aside.ts';
import type { MappedCommands, ReceiveSettings } from './receive-options.ts';
import { messageTrace, nameOf } from './received-message.ts';

/** The dependencies of the messages of a reception. */
export interface MessageParts {
  readonly settings: ReceiveSettings;
  readonly deadLetters: DeadLetterSink;
  readonly execute: (command: unknown, origin: MessageOrigin) => Promise<ExecuteResult>;
  /** Whether a command of this type is a report. */
  readonly isReport: (type: string) => boolean;
  readonly clock: Clock;
  readonly counters: EngineCounters;
  readonly logger: Logger;
  /** Aborted when the reception ends. */
  readonly signal: AbortSignal;
}

/**
 * Processes one message: maps it, executes its commands one after the other, and acks it. An attempt
 * continues where the previous one stopped.
 */
export class MessageWork {
  readonly delivery: Delivery;
  /** Present when it was put aside before. */
  readonly note: AsideNote | undefined;
  readonly progress: MessageProgress;
  readonly #parts: MessageParts;
  #mapped: Mapped | undefined;
  /** Why it is a dead letter, once it is; storing the letter may take further attempts. */
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

  /** A message that was never put aside arrived after all those that were. */
  get place(): number {
    return this.note?.place ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Does the remaining steps. Resolves when the message is done. Rejects when it should be retried,
   * including when the attempt takes too long.
   */
  async attempt(): Promise<void> {
    const { progress } = this;
    const { clock, settings, signal: ending } = this.#parts;
    progress.attempts += 1;
    // A call that hangs may hang forever; calling again each time would fill the memory.
    if (progress.pendingCalls > 0) throw new Error('A call of an earlier attempt has not ended.');
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
    if (this.#failure !== undefined) await this.#deadLetter(this.#failure, signal);
    await untilAborted(signal, () => this.settle('ack'));
  }

  /** Calls a function that may hang, and waits for it until the attempt is aborted. */
  #call<Result>(signal: AbortSignal, work: () => Result | Promise<Result>): Promise<Result> {
    const { progress } = this;
    return untilAborted(signal, async () => {
      progress.pendingCalls += 1;
      try {
        return await work();
      } finally {
        progress.pendingCalls -= 1;
      }
    });
  }

  /** Acks or nacks, once. After a failure the message is redelivered, which does no harm. */
  async settle(how: 'ack' | 'nack', delayMs?: number): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    try {
      await (how === 'ack' ? this.delivery.ack() : this.delivery.nack(delayMs));
    } catch (error) {
      this.log('warn', 'Could not ack or nack a message; it may be redelivered.', error);
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
      'The message has no id, so a redelivery could not be recognized.',
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
    const notify = () => settings.onRejected?.(result, this.message);
    await this.#call(signal, notify).catch((cause: unknown) => {
      // Wrapped, so that no error of this function makes the message a dead letter.
      throw new Error('The function onRejected failed.', { cause });
    });
    counters.receivedCommandsRejected += 1;
    this.log('warn', 'A received command was rejected; not retrying.', result.rejection);
  }

  /** The report arrived before its order, which may be placed any moment, or never. */
  #orderMissing({ orderId }: Rejected): OrderchartError {
    const { clock, settings } = this.#parts;
    const now = clock.now();
    this.progress.missedSince ??= now;
    this.#isWaitOver = now - this.progress.missedSince >= settings.orderWaitMs;
    return new OrderchartError(
      'orderNotFound',
      this.#isWaitOver
        ? `There is no order ${orderId} for this report; it has waited for ${settings.orderWaitMs} ms.`
        : `There is no order ${orderId} for this report yet.`,
      { details: { orderId } },
    );
  }

  async #deadLetter(
    { error, reason }: { readonly error: unknown; readonly reason: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { deadLetters, settings, clock, counters } = this.#parts;
    const detail = error instanceof Error ? error.message : '';
    const { name: reception } = settings;
    const letter = { message: this.message, reception, reason, detail, error };
    await this.#call(signal, () => deadLetters(letter, clock.now()));
    counters.messagesDeadLettered += 1;
    this.log('error', 'A message became a dead letter.', error);
  }
}

/** The codes of errors that a retry would not change. */
const finalCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'messageInvalid',
  'messageTooLarge',
  'signatureInvalid',
  'signatureExpired',
  'invalidArgument',
  'invalidCommand',
  'idempotencyMismatch',
]);

/** Returns why a message is a dead letter; `undefined` when the error should be retried. */
function reasonOf(error: unknown): string | undefined {
  if (isPermanentHandlerError(error)) return 'refusedByMap';
  return isOrderchartError(error) && finalCodes.has(error.code) ? error.code : undefined;
}

/** The result of `map` in a uniform shape. */
type Mapped = Omit<MappedCommands<unknown>, 'commands'> & {
  readonly commands: readonly unknown[];
};

/** A command has a `type`; {@link MappedCommands} have none. */
function mappedOf(answer: unknown): Mapped {
  if (answer === undefined || answer === null) return { commands: [] };
  if (Array.isArray(answer)) return { commands: answer };
  if (typeof answer !== 'object' || 'type' in answer || !('commands' in answer)) {
    return { commands: [answer] };
  }
  const { commands, tenantId, actor, correlationId } = answer as MappedCommands<unknown>;
  const list = Array.isArray(commands) ? commands : [commands];
  return { commands: list, tenantId, actor, correlationId };
}

/** Returns the type that a command names, if it names one. */
function typeOf(command: unknown): string {
  return typeof command === 'object' && command !== null && 'type' in command
    ? String(command.type)
    : '';
}
