import type { Connections } from './connections.ts';
import type { PooledPostgresClient } from './options.ts';

/** The shortest time between two announcements: a busy process commits hundreds of batches a second. */
const announcementGapMs = 20;
/** The wait before listening again after the connection broke. */
const reconnectDelayMs = 1_000;
/** How often a listening connection is checked, because a dead server sends nothing. */
const probeGapMs = 2_000;

interface Listening {
  readonly onNews: () => void;
  client: PooledPostgresClient | undefined;
  timer: NodeJS.Timeout | undefined;
  isOver: boolean;
}

/**
 * Notifies other processes of commits and released leases by NOTIFY. Each NOTIFY runs in a transaction of
 * its own, because a command's transaction would wait for the one lock that all NOTIFY of a server
 * share. Errors are ignored, because readers also poll.
 */
export class Hints {
  readonly #connections: Connections;
  readonly #channel: string;
  readonly #listening = new Set<Listening>();
  /** The process id of the listening connection at the server, to ignore the news of this process. */
  #sender = '';
  #timer: NodeJS.Timeout | undefined;
  #hasNews = false;
  #isSending = false;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#channel = `${schema}_news`;
  }

  /** Announces that something was committed, or a lease released. */
  announce(): void {
    this.#hasNews = true;
    if (this.#timer === undefined && !this.#isSending) this.#send();
  }

  /** Listens, if the client reports notifications, as that of `pg` does. */
  async listen(onNews: () => void): Promise<() => Promise<void>> {
    const listening: Listening = { onNews, client: undefined, timer: undefined, isOver: false };
    this.#listening.add(listening);
    await this.#connect(listening);
    return async () => this.#end(listening);
  }

  /** Stops listening, and sends pending announcements; called before the connections close. */
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
    // As broken, so that the pool does not hand out a connection that still listens.
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

  /** Allows one announcement at a time, so that a slow server does not use up the connections. */
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
      // News may have been missed while disconnected.
      void this.#connect(listening).then(listening.onNews);
    }, reconnectDelayMs).unref();
  }
}
