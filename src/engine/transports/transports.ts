import { OrderchartError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import { untilAborted } from '../kernel/abort.ts';
import { endsWithin, scheduleAfter } from '../kernel/clock.ts';
import { engineClosed } from '../kernel/failures.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { type DeadLetterSink, publishingSink } from './dead-letters.ts';
import { GuardedTransport } from './guarded-transport.ts';
import { publishingSubscription, publishSettings } from './publish.ts';
import { type ReceiveSettings, receiveSettings } from './receive-options.ts';
import { type Reception, type ReceptionParts, RunningReception } from './reception.ts';

/** How long a transport may take to close, so that one that hangs does not hang the engine. */
const partingMs = 5000;

export interface TransportsParts extends ReceptionParts {
  readonly subscribe: (options: unknown) => Promise<Subscription>;
}

/**
 * The transports of an engine, and its receptions. A transport is opened by the first call that uses
 * it, and closed once, with the engine. Publishing is a subscription.
 */
export class Transports {
  readonly #parts: TransportsParts;
  readonly #guarded = new Map<Transport, GuardedTransport>();
  readonly #receptions = new Map<string, Promise<RunningReception>>();
  /** Aborted when closing no longer waits for transports and receptions that are starting. */
  readonly #abort = new AbortController();
  #cancelGrace: (() => void) | undefined;
  #isClosing = false;

  constructor(parts: TransportsParts) {
    this.#parts = parts;
  }

  async publish(options: unknown): Promise<Subscription> {
    const settings = publishSettings(options);
    const transport = await this.#use(settings.transport);
    return this.#parts.subscribe(publishingSubscription(settings, transport, this.#parts.counters));
  }

  async receive(options: unknown): Promise<Reception> {
    const settings = receiveSettings(options);
    const { name } = settings;
    if (this.#receptions.has(name)) throw alreadyReceiving(name);
    const starting = this.#start(settings);
    this.#receptions.set(name, starting);
    try {
      return await untilAborted(this.#abort.signal, () => starting);
    } catch (error) {
      this.#receptions.delete(name);
      throw error;
    }
  }

  /**
   * Closes the receptions; the transports stay open for messages still being published. Calls that
   * wait for a transport to open or to start are rejected after the grace period.
   */
  async stopReceiving(): Promise<void> {
    this.#isClosing = true;
    const { clock, graceMs } = this.#parts;
    this.#cancelGrace = scheduleAfter(clock, graceMs, () => this.#abort.abort(engineClosed()));
    const stopping = this.#receptions.values().map(async (starting) => {
      // One that could not start has rejected its caller's promise.
      const started = untilAborted(this.#abort.signal, () => starting).catch(() => undefined);
      await (await started)?.close();
    });
    await Promise.all(stopping);
  }

  async close(): Promise<void> {
    this.#cancelGrace?.();
    await Promise.all(this.#guarded.values().map((transport) => this.#closeOne(transport)));
  }

  async #start(settings: ReceiveSettings): Promise<RunningReception> {
    const { name, deadLetter } = settings;
    const transport = await this.#use(settings.transport);
    const deadLetters: DeadLetterSink =
      typeof deadLetter === 'function'
        ? async (letter) => void (await deadLetter(letter))
        : publishingSink(await this.#use(deadLetter));
    const reception = new RunningReception(this.#parts, settings, deadLetters, () =>
      this.#receptions.delete(name),
    );
    await reception.start(transport);
    // No caller waits for it any more, so no other code would close it.
    if (this.#abort.signal.aborted) await reception.close();
    return reception;
  }

  async #use(transport: Transport): Promise<GuardedTransport> {
    let guarded = this.#guarded.get(transport);
    if (guarded === undefined) {
      guarded = new GuardedTransport(transport);
      this.#guarded.set(transport, guarded);
    }
    await untilAborted(this.#abort.signal, () => guarded.open());
    // The engine may have been closed in between; a reception started now would never be closed.
    if (this.#isClosing) throw engineClosed();
    return guarded;
  }

  async #closeOne(transport: GuardedTransport): Promise<void> {
    const { clock, graceMs, logger } = this.#parts;
    try {
      const isClosed = await endsWithin(clock, Math.min(graceMs, partingMs), transport.close());
      if (!isClosed) throw tooSlow(transport.name);
    } catch (error) {
      logger.warn('Could not close a transport cleanly; leaving it as it is.', {
        transport: transport.name,
        error,
      });
    }
  }
}

function alreadyReceiving(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `A reception '${name}' already runs in this engine; choose another name.`,
    { details: { name } },
  );
}

function tooSlow(name: string): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    `The transport '${name}' did not close in time.`,
  );
}
