import { setTimeout as pause } from 'node:timers/promises';
import { isOrderchartError } from '../../errors.ts';
import { reconnectDelayMs } from '../backoff.ts';
import type { DriverConsumption } from '../define.ts';
import type { ConsumeOptions } from '../transport.ts';
import { refused } from './errors.ts';
import { type Entry, Group, type Pending } from './group.ts';
import { InFlight } from './in-flight.ts';
import { Link } from './link.ts';
import type { RedisSettings } from './options.ts';

/** How long one read waits for new entries. */
const blockMs = 1_000;
/** How often per `claimAfterMs` the entries of dead consumers are looked for. */
const looks = 3;
/** How many pending entries are read at once. */
const pageSize = 100;

/**
 * Consumes by a consumer group. A single loop works step by step, so that it never requests more
 * than there is room for:
 *
 *   1 wait for room
 *   2 recover its own entries that never arrived (after a lost connection or a crash)
 *   3 claim entries of dead consumers, and entries that were nacked
 *   4 read new entries
 */
export class RedisConsumption implements DriverConsumption {
  readonly #link: Link;
  readonly #reader: Link;
  readonly #settings: RedisSettings;
  readonly #options: ConsumeOptions;
  readonly #group: Group;
  readonly #inFlight: InFlight;
  readonly #onClosed: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #state: 'running' | 'stopped' | 'closed' = 'running';
  #loop: Promise<void> = Promise.resolve();
  /** Where the group starts if it has to be created. */
  #from: '0' | '$';
  #isPrepared = false;
  /** Where the recovery of own entries continues. Undefined when it is complete. */
  #recoverFrom: string | undefined;
  #isClaimDue = true;
  /**
   * How many more times to wait for older entries that other consumers hold, before reading new
   * ones.
   */
  #patience = looks + 1;
  #failures = 0;
  /** Ends a pause of the loop. */
  #waking = new AbortController();
  /** The server's id of the reader's connection, and the same id while the reader is blocked. */
  #readerId: number | undefined;
  #blocked: number | undefined;

  constructor(
    link: Link,
    settings: RedisSettings,
    group: string,
    options: ConsumeOptions,
    onClosed: () => void,
  ) {
    this.#link = link;
    this.#settings = settings;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#reader = new Link(settings, blockMs);
    this.#group = new Group(link, settings, group);
    this.#from = settings.deliverFrom === 'start' ? '0' : '$';
    this.#inFlight = new InFlight(this.#group, {
      stream: settings.stream,
      maximumInFlight: options.maximumInFlight,
      deliver: options.deliver,
      onError: options.onError,
      onChange: (isClaimable) => this.#nudge(isClaimable),
    });
    this.#timer = setInterval(() => this.#tick(), Math.ceil(settings.claimAfterMs / looks));
    this.#unlisten = link.listen({ down: options.onError, up: () => this.#nudge(true) });
    this.#reader.listen({
      down: () => {
        this.#isPrepared = false;
      },
      up: () => this.#nudge(true),
    });
  }

  /** Starts to deliver, now or once there is a connection. Rejects if the server refuses access. */
  async begin(): Promise<void> {
    try {
      await this.#ensureGroup();
    } catch (error) {
      if (!isOrderchartError(error, 'transportUnavailable')) {
        await this.close();
        throw error;
      }
      this.#options.onError(error);
    }
    await this.#reader.open({ persists: true });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopped';
    this.#nudge(true);
    await this.#loop;
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearInterval(this.#timer);
    this.#unlisten();
    this.#reader.close();
    // Without a connection, other consumers claim the entries after `claimAfterMs`.
    await this.#inFlight.close().catch(() => undefined);
    await this.#group.leave().catch(() => undefined);
    this.#onClosed();
  }

  async #run(): Promise<void> {
    while (this.#state === 'running') {
      try {
        await this.#round();
        this.#failures = 0;
      } catch (error) {
        await this.#mend(error);
      }
    }
  }

  async #round(): Promise<void> {
    const { room } = this.#inFlight;
    if (room <= 0) return this.#sleep(blockMs);
    const reader = await this.#prepare();
    if (this.#recoverFrom !== undefined) return this.#recover(this.#recoverFrom, room);
    if (this.#isClaimDue) return this.#claim(room);
    if (this.#patience > 0 && (await this.#group.isPendingElsewhere())) return this.#sleep(blockMs);
    this.#patience = 0;
    return this.#read(reader, room);
  }

  /**
   * Runs after each new connection. Returns the server's id of the reader's connection, if the server
   * reports it.
   */
  async #prepare(): Promise<number | undefined> {
    if (this.#isPrepared) return this.#readerId;
    // Set first: if the connection breaks in the meantime, it is reset and all this runs again.
    this.#isPrepared = true;
    try {
      this.#readerId = Number(await this.#reader.call('CLIENT', 'ID'));
      await this.#ensureGroup();
    } catch (error) {
      this.#isPrepared = false;
      throw error;
    }
    this.#recoverFrom = '-';
    return this.#readerId;
  }

  async #ensureGroup(): Promise<void> {
    await this.#group.ensure(this.#from);
    // If the group is deleted later, all entries of the stream are new.
    this.#from = '0';
  }

  async #mend(error: unknown): Promise<void> {
    if (this.#state !== 'running') return;
    this.#isPrepared = false;
    // The link reports lost connections, and repeated failures were reported before.
    if (this.#failures === 0 && this.#link.isUp) this.#options.onError(error);
    this.#failures += 1;
    const policy = { ...this.#settings, reconnectDelayMs: 50 };
    await this.#sleep(reconnectDelayMs(policy, this.#failures));
  }

  /** Recovers own entries that never arrived, or that a process with the same name left. */
  async #recover(from: string, room: number): Promise<void> {
    const page = await this.#group.pending('own', from, pageSize);
    const missing = page.filter(({ place }) => !this.#inFlight.has(place)).slice(0, room);
    await this.#retake(missing, 0);
    const isWhole = page.length < pageSize && missing.length < room;
    const last = isWhole ? undefined : (missing.length < room ? page : missing).at(-1);
    this.#recoverFrom = last === undefined ? undefined : `(${last.place}`;
  }

  async #claim(room: number): Promise<void> {
    this.#isClaimDue = false;
    const page = await this.#group.pending('idle', '-', pageSize);
    const left = page.filter(({ place }) => !this.#inFlight.has(place)).slice(0, room);
    const taken = await this.#retake(left, this.#settings.claimAfterMs);
    // There may be more entries, unless other consumers are claiming them.
    if (taken > 0) this.#isClaimDue = true;
  }

  /** Claims entries that were delivered before. Returns how many. */
  async #retake(pending: readonly Pending[], idleMs: number): Promise<number> {
    const places = pending.map(({ place }) => place);
    const entries = await this.#group.claim(places, idleMs);
    const counts = new Map(pending.map(({ place, count }) => [place, count]));
    await this.#deliver(entries, (place) => (counts.get(place) ?? 1) + 1);
    const found = new Set(entries.map(({ place }) => place));
    await this.#forget(places.filter((place) => !found.has(place)));
    return entries.length;
  }

  /**
   * Acks entries that were trimmed. The others that could not be claimed belong to other consumers.
   */
  async #forget(places: readonly string[]): Promise<void> {
    const trimmed = await this.#group.trimmed(places);
    if (trimmed.length === 0) return;
    await this.#group.ack(trimmed);
    const text =
      `${trimmed.length} messages were trimmed before they were acked. ` +
      'Keep more of them (maximumLength, maximumAgeMs).';
    this.#options.onError(refused(`stream ${this.#settings.stream}: ${text}`));
  }

  async #read(readerId: number | undefined, room: number): Promise<void> {
    this.#blocked = readerId;
    try {
      const entries = await this.#group.read(this.#reader, room, blockMs);
      await this.#deliver(entries, () => 1);
    } finally {
      this.#blocked = undefined;
    }
  }

  /** Entries that arrive after the stop are released. */
  async #deliver(entries: readonly Entry[], attempt: (place: string) => number): Promise<void> {
    if (this.#state === 'running') {
      for (const entry of entries) this.#inFlight.take(entry, attempt(entry.place));
    } else {
      await this.#group.release(entries.map(({ place }) => place));
    }
  }

  #tick(): void {
    // Nothing can be done without a connection. Reconnecting wakes the loop.
    void this.#inFlight.keep().catch(() => undefined);
    this.#patience = Math.max(0, this.#patience - 1);
    this.#isClaimDue = true;
    this.#nudge(false);
  }

  /** Wakes the loop. If urgent, also unblocks the reader. */
  #nudge(isUrgent: boolean): void {
    this.#waking.abort();
    if (!isUrgent) return;
    this.#isClaimDue = true;
    if (this.#blocked === undefined) return;
    // If this is not allowed or comes too early, the read ends by itself soon.
    void this.#link.call('CLIENT', 'UNBLOCK', this.#blocked).catch(() => undefined);
  }

  async #sleep(delayMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#waking = new AbortController();
    await pause(delayMs, undefined, { signal: this.#waking.signal }).catch(() => undefined);
  }
}
