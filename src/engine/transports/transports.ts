import { OrderchartError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import { untilAborted } from '../kernel/abort.ts';
import { endsWithin, scheduleAfter } from '../kernel/clock.ts';
import { engineClosed } from '../kernel/failures.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { type DeadLetterOffice, publishingOffice } from './dead-letters.ts';
import { GuardedTransport } from './guarded-transport.ts';
import { publishingSubscription, publishSettings } from './publish.ts';
import { type ReceiveSettings, receiveSettings } from './receive-options.ts';
import { type Reception, type ReceptionParts, RunningReception } from './reception.ts';

/** How long a transport may take to close: one that hangs must not hold up the engine. */
const partingMs = 5000;

export interface TransportsParts extends ReceptionParts {
  readonly subscribe: (options: unknown) => Promise<Subscription>;
}

/**
 * The transports of one engine, and what comes in by them. A transport is opened when it is first
 * used, by whichever call, and closed once, with the engine. What goes out is a subscription.
 */
export class Transports {
  readonly #parts: TransportsParts;
  readonly #guarded = new Map<Transport, GuardedTransport>();
  readonly #receptions = new Map<string, Promise<RunningReception>>();
  /** Aborted when what still opens or starts is waited for no more. */
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
   * Ends what comes in; the transports stay open for what still goes out. Calls that wait for a
   * transport to open or to begin are rejected after the time of grace.
   */
  async stopReceiving(): Promise<void> {
    this.#isClosing = true;
    const { clock, graceMs } = this.#parts;
    this.#cancelGrace = scheduleAfter(clock, graceMs, () => this.#abort.abort(engineClosed()));
    const stopping = this.#receptions.values().map(async (starting) => {
      // One that could not start has told its caller so.
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
    const office: DeadLetterOffice =
      typeof deadLetter === 'function'
        ? async (letter) => void (await deadLetter(letter))
        : publishingOffice(await this.#use(deadLetter));
    const reception = new RunningReception(this.#parts, settings, office, () =>
      this.#receptions.delete(name),
    );
    await reception.start(transport);
    // Nobody waits for it any more, so nobody else would end it.
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
    // It may have taken a while. What began now would never be told to end.
    if (this.#isClosing) throw engineClosed();
    return guarded;
  }

  async #closeOne(transport: GuardedTransport): Promise<void> {
    const { clock, graceMs, logger } = this.#parts;
    try {
      const isClosed = await endsWithin(clock, Math.min(graceMs, partingMs), transport.close());
      if (!isClosed) throw tooSlow(transport.name);
    } catch (error) {
      logger.warn('A transport could not be closed in order.', {
        transport: transport.name,
        error,
      });
    }
  }
}

function alreadyReceiving(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `A reception '${name}' runs in this engine already; names are unique.`,
    { details: { name } },
  );
}

function tooSlow(name: string): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    `The transport '${name}' did not close in time; it is left as it is.`,
  );
}
