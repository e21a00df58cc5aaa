import {
  createInbox,
  type Msg,
  type NatsConnection,
  nanos,
  type Subscription,
} from '@nats-io/transport-node';
import { unavailable } from './errors.ts';
import type { Link } from './link.ts';

/** How long a request for messages stands, and how often the server says meanwhile that it lives. */
const expiresMs = 30_000;
export const heartbeatMs = 5_000;
/** After so many heartbeats that did not come the request is taken for lost. */
const maximumSilence = 3;

export interface PullHandlers {
  readonly arrived: (message: Msg, pull: Pull) => void;
  /** Less is expected than was asked for: time to ask again. */
  readonly expired: () => void;
  /** Nothing will arrive any more; begin anew. */
  readonly broken: (error: unknown) => void;
}

type PullLink = Pick<Link, 'inboxPrefix' | 'send'>;
type Subscribing = Pick<NatsConnection, 'subscribe'>;

/**
 * Requests for messages, and what arrives upon them, at an inbox of its own: what an earlier
 * request still brings cannot be mistaken for an answer to a new one.
 */
export class Pull {
  readonly #link: PullLink;
  readonly #target: string;
  readonly #inbox: string;
  readonly #handlers: PullHandlers;
  readonly #subscription: Subscription;
  /** Asked for and not arrived. */
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

  /** Asks for what there is room for, in large portions rather than one by one. */
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

  /** To be called every `heartbeatMs`. */
  checkSilence(): void {
    if (this.#expected === 0) return;
    this.#silence += 1;
    if (this.#silence <= maximumSilence) return;
    this.#handlers.broken(unavailable('the server has gone silent; messages are asked for anew.'));
  }

  /** Asks for nothing more; resolves when what was under way has arrived. */
  async end(): Promise<void> {
    await this.#subscription.drain();
  }

  /** Its requests went with the connection; the client must not subscribe again. */
  drop(): void {
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    this.#silence = 0;
    // A message bears its own subject; what bears the inbox's is about the request.
    if (message.subject === this.#inbox) {
      this.#receiveStatus(message);
    } else {
      this.#expected -= 1;
      this.#handlers.arrived(message, this);
    }
  }

  /** The codes of https://docs.nats.io/reference/reference-protocols/nats_api_reference and ADR-37. */
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
