import type { Connections } from './connections.ts';
import type { PooledPostgresClient } from './options.ts';

/** News travel at most this often: a busy process commits hundreds of batches a second. */
const announcementGapMs = 20;
/** After the listening connection broke. */
const reconnectDelayMs = 1_000;
/** A listening connection hears nothing from a server that is silent, so it is asked now and then. */
const probeGapMs = 2_000;

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
  readonly #listening = new Set<Listening>();
  /** Tells our own news from those of others: the server's number of our listening connection. */
  #sender = '';
  #timer: NodeJS.Timeout | undefined;
  #hasNews = false;
  #isSending = false;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#channel = `${schema}_news`;
  }

  /** Something was committed, or a place was given back. */
  announce(): void {
    this.#hasNews = true;
    if (this.#timer === undefined && !this.#isSending) this.#send();
  }

  /** Needs a client that tells of notifications, as pg's does; else it is silent. */
  async listen(onNews: () => void): Promise<() => Promise<void>> {
    const listening: Listening = { onNews, client: undefined, timer: undefined, isOver: false };
    this.#listening.add(listening);
    await this.#connect(listening);
    return async () => this.#end(listening);
  }

  /** Sends what is there to be sent, and nothing more, and listens no longer: before the connections close. */
  close(): void {
    for (const listening of this.#listening) this.#end(listening);
    clearTimeout(this.#timer);
    if (this.#hasNews) this.#send();
    clearTimeout(this.#timer);
  }

  #end(listening: Listening): void {
    this.#listening.delete(listening);
    listening.isOver = true;
    clearTimeout(listening.timer);
    const { client } = listening;
    listening.client = undefined;
    // Broken, so that the pool hands this listening connection to nobody else.
    client?.release(true);
  }

  #send(): void {
    this.#hasNews = false;
    this.#isSending = true;
    const values = [this.#channel, this.#sender];
    const query = { name: 'notify', text: 'SELECT pg_catalog.pg_notify($1, $2)', values };
    this.#connections
      .update(query)
      .catch(() => {})
      .finally(() => this.#sent());
  }

  /** One announcement at a time: none takes the connections of others while the server is slow. */
  #sent(): void {
    this.#isSending = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasNews) this.#send();
    }, announcementGapMs).unref();
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
      client.on('error', () => {
        if (listening.client === client) this.#reconnect(listening);
      });
      const text = 'SELECT pg_catalog.pg_backend_pid() AS pid';
      const { rows } = await this.#connections.ask(client, { text, values: [] });
      this.#sender = `${(rows[0] as { readonly pid: number }).pid}`;
      await this.#connections.ask(client, { text: `LISTEN ${this.#channel}` });
      this.#probeLater(listening, client);
    } catch {
      this.#reconnect(listening);
    }
  }

  #probeLater(listening: Listening, client: PooledPostgresClient): void {
    clearTimeout(listening.timer);
    if (listening.client !== client) return;
    listening.timer = setTimeout(() => {
      this.#connections.ask(client, { text: 'SELECT 1' }).then(
        () => this.#probeLater(listening, client),
        () => {
          if (listening.client === client) this.#reconnect(listening);
        },
      );
    }, probeGapMs).unref();
  }

  #reconnect(listening: Listening): void {
    const { client } = listening;
    listening.client = undefined;
    client?.release(true);
    if (listening.isOver) return;
    clearTimeout(listening.timer);
    listening.timer = setTimeout(() => {
      // What was told meanwhile was not heard.
      void this.#connect(listening).then(listening.onNews);
    }, reconnectDelayMs).unref();
  }
}
