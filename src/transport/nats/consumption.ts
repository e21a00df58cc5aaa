import { setTimeout as pause } from 'node:timers/promises';
import type { Msg } from '@nats-io/transport-node';
import { isOrderchartError } from '../../errors.ts';
import { reconnectDelayMs } from '../backoff.ts';
import type { DriverConsumption } from '../define.ts';
import type { ConsumeOptions } from '../transport.ts';
import { type ConsumerNeeds, ensureConsumer } from './consumer.ts';
import { type Acknowledgement, addressOf, NatsDelivery, nackAfter } from './delivery.ts';
import { closed, toTransportError } from './errors.ts';
import { Gate } from './gate.ts';
import type { Link, Live } from './link.ts';
import { fromMessage, previousOf } from './message.ts';
import type { NatsSettings } from './options.ts';
import { heartbeatMs, Pull } from './pull.ts';

/**
 * Consumes by a durable pull consumer. The client's own `consume` requests more messages as soon as
 * it has delivered some, so it does not bound the messages in flight. This class requests as many
 * as there is room for.
 *
 *   begin ─► pulling ─► connection lost, consumer gone, silence ─► begin …
 *               └─ stop ─► stopped ─ close ─► closed
 */
export class NatsConsumption implements DriverConsumption {
  readonly #link: Link;
  readonly #settings: NatsSettings;
  readonly #needs: ConsumerNeeds;
  readonly #options: ConsumeOptions;
  /** Deliveries in flight, by place in the stream. */
  readonly #inFlight = new Map<number, NatsDelivery>();
  /** The number of acks and nacks that the server has not answered yet. */
  #settling = 0;
  readonly #unlisten: () => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #state: 'running' | 'stopped' | 'closed' = 'running';
  #pull: Pull | undefined;
  /**
   * Belongs to the latest call of `begin`. An earlier one that was overtaken finds its signal aborted.
   */
  #beginning = new AbortController();
  #failures = 0;
  readonly #gate: Gate;

  constructor(link: Link, settings: NatsSettings, consumer: string, options: ConsumeOptions) {
    this.#link = link;
    this.#settings = settings;
    this.#needs = { consumer, maximumInFlight: options.maximumInFlight };
    this.#options = options;
    this.#gate = new Gate(settings.rememberedKeys);
    this.#unlisten = link.listen({
      down: (error) => this.#interrupt(error),
      up: () => void this.#beginAgain(0),
    });
    this.#timers = [
      setInterval(() => this.#tick(), Math.ceil(settings.ackWaitMs / 3)),
      setInterval(() => this.#pull?.checkSilence(), heartbeatMs),
    ];
  }

  /**
   * Starts to deliver, now or once there is a connection. Rejects if the consumer cannot have the
   * required settings.
   */
  async begin(): Promise<void> {
    try {
      await this.#begin(this.#overtake());
    } catch (error) {
      if (isOrderchartError(error, 'transportUnavailable')) {
        this.#options.onError(error);
        if (this.#link.isUp) void this.#beginAgain(this.#pauseMs());
      } else {
        await this.close();
        throw error;
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopped';
    this.#overtake();
    await this.#endPull();
  }

  async close(): Promise<void> {
    await this.stop();
    // Without a connection, the messages are delivered again after the ack wait.
    await Promise.allSettled([...this.#inFlight.values()].map((delivery) => delivery.giveBack()));
    this.#state = 'closed';
    this.#unlisten();
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Aborts every `begin` in progress. */
  #overtake(): AbortSignal {
    this.#beginning.abort();
    this.#beginning = new AbortController();
    return this.#beginning.signal;
  }

  async #begin(overtaken: AbortSignal): Promise<void> {
    await this.#endPull();
    // Messages in flight elsewhere may have been lost on the way to a consumer that is gone.
    if (await this.#lookUp()) this.#gate.doubt();
    const live = this.#link.current();
    if (overtaken.aborted || this.#state !== 'running' || live === undefined) return;
    this.#failures = 0;
    this.#pull = this.#newPull(live, overtaken);
    this.#extend();
    this.#fill();
  }

  #newPull(live: Live, overtaken: AbortSignal): Pull {
    const target = `$JS.API.CONSUMER.MSG.NEXT.${this.#settings.stream}.${this.#needs.consumer}`;
    return new Pull(this.#link, live.connection, target, {
      arrived: (message, pull) => this.#take(message, pull),
      expired: () => this.#fill(),
      broken: (error) => {
        if (overtaken.aborted) return;
        this.#options.onError(error);
        void this.#beginAgain(this.#pauseMs());
      },
    });
  }

  /**
   * Retries until it has begun, is overtaken, or the connection is lost. Reconnecting begins again.
   */
  async #beginAgain(afterMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#gate.doubt();
    const overtaken = this.#overtake();
    let delayMs = afterMs;
    while (!overtaken.aborted) {
      try {
        if (delayMs > 0) await pause(delayMs, undefined, { signal: overtaken });
        return await this.#begin(overtaken);
      } catch (error) {
        if (overtaken.aborted || !this.#link.isUp) return;
        this.#options.onError(error);
        delayMs = this.#pauseMs();
      }
    }
  }

  #pauseMs(): number {
    this.#failures += 1;
    return reconnectDelayMs({ ...this.#settings, reconnectDelayMs: 100 }, this.#failures);
  }

  #interrupt(error: unknown): void {
    if (this.#state !== 'running') return;
    this.#overtake();
    this.#pull?.drop();
    this.#pull = undefined;
    this.#options.onError(error);
  }

  /**
   * Messages that still arrive are returned immediately. Otherwise they would wait for the ack
   * wait.
   */
  async #endPull(): Promise<void> {
    const pull = this.#pull;
    this.#pull = undefined;
    if (pull === undefined) return;
    const late = pause(this.#settings.timeoutMs, undefined, { ref: false });
    await Promise.race([this.#link.run(() => pull.end()), late]).catch(() => undefined);
  }

  #fill(): void {
    const { maximumInFlight } = this.#options;
    this.#pull?.fill(maximumInFlight - this.#inFlight.size - this.#settling, maximumInFlight);
  }

  #take(message: Msg, pull: Pull): void {
    const address = addressOf(message.reply);
    if (address === undefined || message.reply === undefined) return;
    const { reply } = message;
    const known = this.#inFlight.get(address.place);
    if (known !== undefined) {
      // The server delivered it again although it is still in flight here.
      known.reply = reply;
    } else if (pull !== this.#pull) {
      void this.#tell(reply, '-NAK').catch(() => undefined);
    } else if (!this.#gate.admit(message.subject, address.place, previousOf(message.headers))) {
      const later = nackAfter(this.#settings.ackWaitMs / 2);
      void this.#tell(reply, later).catch(() => undefined);
    } else {
      const content = fromMessage(message, `${address.stream}-${address.place}`);
      const delivery = new NatsDelivery(content, address, reply, (given, answer) =>
        this.#settle(given, answer),
      );
      this.#inFlight.set(address.place, delivery);
      this.#options.deliver(delivery);
    }
    this.#fill();
  }

  async #settle(delivery: NatsDelivery, answer: Acknowledgement): Promise<void> {
    if (this.#state === 'closed') throw closed();
    // Before the answer, because a nacked message may be delivered again before the answer arrives.
    this.#inFlight.delete(delivery.place);
    this.#settling += 1;
    try {
      await this.#tell(delivery.reply, answer);
    } finally {
      this.#settling -= 1;
      this.#fill();
    }
  }

  /** Resolves when the server has confirmed the answer. */
  async #tell(reply: string, answer: Acknowledgement): Promise<void> {
    const { timeoutMs, stream } = this.#settings;
    try {
      await this.#link.run(({ connection }) =>
        connection.request(reply, answer, { timeout: timeoutMs }),
      );
    } catch (error) {
      throw toTransportError(error, `cannot settle a delivery of ${stream}`);
    }
  }

  #tick(): void {
    this.#extend();
    this.#gate.tick();
    if (this.#gate.isInDoubt && this.#pull !== undefined) {
      void this.#lookUp().catch(() => undefined);
    }
  }

  /** Ensures that the consumer exists. Returns whether messages are in flight elsewhere. */
  async #lookUp(): Promise<boolean> {
    const info = await ensureConsumer(this.#link, this.#settings, this.#needs);
    const isSomethingOut = info.num_ack_pending > this.#inFlight.size;
    this.#gate.learn(info.ack_floor.stream_seq, isSomethingOut);
    return isSomethingOut;
  }

  /** Extends the deadline of the messages in flight. */
  #extend(): void {
    for (const { reply } of this.#inFlight.values()) this.#link.send(reply, '+WPI');
  }
}
