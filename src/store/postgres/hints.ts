import type { Connections } from './connections.ts';
import type { PooledPostgresClient } from './options.ts';

/** News travel at most this often: a busy process commits hundreds of batches a second. */
const announcementGapMs = 20;
/** After the listening connection broke. */
const reconnectDelayMs = 1_000;

interface Listening {
  readonly onNews: () => void;
  client: PooledPostgresClient | undefined;
  timer: NodeJS.Timeout | undefined;
  isOver: boolean;
}

/**
 * Tells other processes that there is something new, by NOTIFY. It travels in a transaction of its
 * own: a command's would have to wait for the one lock that all NOTIFY of a server share. Nothing
 * depends on it, so whatever goes wrong with it is passed over; readers look by themselves as well.
 */
export class Hints {
  readonly #connections: Connections;
  readonly #channel: string;
  /** Tells our own news from those of others: the server's number of our listening connection. */
  #sender = '';
  #timer: NodeJS.Timeout | undefined;
  #hasNews = false;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#channel = `${schema}_news`;
  }

  /** Something was committed, or a place was given back. */
  announce(): void {
    this.#hasNews = true;
    if (this.#timer === undefined) this.#send();
  }

  /** Needs a client that tells of notifications, as pg's does; else it is silent. */
  async listen(onNews: () => void): Promise<() => Promise<void>> {
    const listening: Listening = { onNews, client: undefined, timer: undefined, isOver: false };
    await this.#connect(listening);
    return async () => {
      listening.isOver = true;
      clearTimeout(listening.timer);
      // Broken, so that the pool hands this listening connection to nobody else.
      listening.client?.release(true);
      listening.client = undefined;
    };
  }

  /** Sends what is there to be sent, and nothing more: before the connections close. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#hasNews) this.#send();
    clearTimeout(this.#timer);
  }

  #send(): void {
    this.#hasNews = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasNews) this.#send();
    }, announcementGapMs).unref();
    const values = [this.#channel, this.#sender];
    const query = { name: 'notify', text: 'SELECT pg_notify($1, $2)', values };
    this.#connections.read(query).catch(() => {});
  }

  async #connect(listening: Listening): Promise<void> {
    try {
      const client = await this.#connections.borrow();
      if (listening.isOver || client.on === undefined) {
        client.release();
        return;
      }
      listening.client = client;
      client.on('notification', ({ payload }) => {
        if (payload !== this.#sender && !listening.isOver) listening.onNews();
      });
      client.on('error', () => this.#reconnect(listening));
      const { rows } = await client.query({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
      this.#sender = `${(rows[0] as { readonly pid: number }).pid}`;
      await client.query({ text: `LISTEN ${this.#channel}` });
    } catch {
      this.#reconnect(listening);
    }
  }

  #reconnect(listening: Listening): void {
    listening.client?.release(true);
    listening.client = undefined;
    if (listening.isOver) return;
    clearTimeout(listening.timer);
    listening.timer = setTimeout(() => {
      // What was told meanwhile was not heard.
      void this.#connect(listening).then(listening.onNews);
    }, reconnectDelayMs).unref();
  }
}
