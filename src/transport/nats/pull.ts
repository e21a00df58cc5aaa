import {
  createInbox,
  type Msg,
  type NatsConnection,
  nanos,
  type Subscription,
} from '@nats-io/transport-node';
import { unavailable } from './errors.ts';
import type { Link } from './link.ts';

/** How long a request for messages is valid, and the interval of the server's heartbeats. */
const expiresMs = 30_000;
export const heartbeatMs = 5_000;
/** The missed heartbeats after which the request counts as lost. */
const maximumSilence = 3;

export interface PullHandlers {
  readonly arrived: (message: Msg, pull: Pull) => void;
  /** The request delivered less than requested. Time to request again. */
  readonly expired: () => void;
  /** Nothing more will arrive. Begin again. */
  readonly broken: (error: unknown) => void;
}

type PullLink = Pick<Link, 'inboxPrefix' | 'send'>;
type Subscribing = Pick<NatsConnection, 'subscribe'>;

/**
 * Requests messages and receives them at its own inbox, so that late messages of an earlier pull
 * cannot be mistaken for those of this one.
 */
export class Pull {
  readonly #link: PullLink;
  readonly #target: string;
  readonly #inbox: string;
  readonly #handlers: PullHandlers;
  readonly #subscription: Subscription;
  /** Messages requested and not yet received. */
  #expected = 0;
  #silence = 0;

  constructor(link: PullLink, connection: Subscribing, target: string, handlers: PullHandlers) {
    this.#link = link;
    this.#target = target;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#handlers = handlers;
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) handlers.broken(error);
        else this.#receive(message);
      },
    });
  }

  /** Requests as many messages as there is room for, in batches rather than one by one. */
  fill(room: number, maximum: number): void {
    const wanted = room - this.#expected;
    if (wanted <= 0 || (this.#expected > 0 && wanted < maximum / 4)) return;
    this.#expected += wanted;
    const request = {
      batch: wanted,
      expires: nanos(expiresMs),
      idle_heartbeat: nanos(heartbeatMs),
    };
    this.#link.send(this.#target, JSON.stringify(request), this.#inbox);
  }

  /** Must be called every `heartbeatMs`. */
  checkSilence(): void {
    if (this.#expected === 0) return;
    this.#silence += 1;
    if (this.#silence <= maximumSilence) return;
    this.#handlers.broken(
      unavailable('the server is silent (no heartbeat). Requesting messages again.'),
    );
  }

  /** Requests nothing more. Resolves when the messages in transit have arrived. */
  async end(): Promise<void> {
    await this.#subscription.drain();
  }

  /** Unsubscribes after the connection was lost, so that the client does not subscribe again. */
  drop(): void {
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    this.#silence = 0;
    // Messages have their own subject. The subject of the inbox marks a status of the request.
    if (message.subject === this.#inbox) {
      this.#receiveStatus(message);
    } else {
      this.#expected -= 1;
      this.#handlers.arrived(message, this);
    }
  }

  /**
   * Codes: see https://docs.nats.io/reference/reference-protocols/nats_api_reference and ADR-37.
   */
  #receiveStatus({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === 100) return;
    const left = headers?.get('Nats-Pending-Messages') ?? '';
    if ((code === 404 || code === 408) && /^\d+$/.test(left)) {
      this.#expected = Math.max(0, this.#expected - Number(left));
      this.#handlers.expired();
      return;
    }
    const text = headers?.description || 'no responders';
    this.#handlers.broken(unavailable(`no messages now: ${code} ${text.toLowerCase()}.`));
  }
}
