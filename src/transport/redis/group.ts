import { startsWith } from './errors.ts';
import type { Link } from './link.ts';
import type { RedisSettings } from './options.ts';
import { run } from './scripts.ts';

/** The most entries of one command, because the server does nothing else during a command. */
const portion = 500;
/** A consumer without entries that has been idle for this long is removed. */
const forgottenAfterMs = 3_600_000;

/** An entry: its place, and alternating fields and values. */
export interface Entry {
  readonly place: string;
  readonly fields: readonly Buffer[];
}

/** An entry that was delivered and not acked. */
export interface Pending {
  readonly place: string;
  readonly consumer: string;
  /** The number of deliveries. */
  readonly count: number;
}

/** The commands about the consumer group of a stream, and this consumer in it. */
export class Group {
  readonly #link: Link;
  readonly #settings: RedisSettings;
  readonly #name: string;

  constructor(link: Link, settings: RedisSettings, name: string) {
    this.#link = link;
    this.#settings = settings;
    this.#name = name;
  }

  /** Creates the group at `from` unless it exists. */
  async ensure(from: '0' | '$'): Promise<void> {
    const { stream } = this.#settings;
    try {
      await this.#link.call('XGROUP', 'CREATE', stream, this.#name, from, 'MKSTREAM');
    } catch (error) {
      if (!startsWith(error, 'BUSYGROUP')) throw error;
    }
  }

  /**
   * Waits a while for new entries, on a separate connection, since other commands would wait behind
   * it.
   */
  async read(reader: Link, count: number, blockMs: number): Promise<readonly Entry[]> {
    const { stream, consumer } = this.#settings;
    const group = ['GROUP', this.#name, consumer, 'COUNT', count, 'BLOCK', blockMs] as const;
    const reply = await reader.callBuffer('XREADGROUP', ...group, 'STREAMS', stream, '>');
    const [found] = (reply ?? []) as readonly [unknown, readonly RawEntry[]][];
    return (found?.[1] ?? []).map(entryOf);
  }

  /**
   * Returns pending entries from `start`: this consumer's own, or those of any consumer that are
   * idle.
   */
  async pending(whose: 'own' | 'idle', start: string, count: number): Promise<readonly Pending[]> {
    const { stream, consumer, claimAfterMs } = this.#settings;
    const idle = whose === 'idle' ? ['IDLE', claimAfterMs] : [];
    const mine = whose === 'own' ? [consumer] : [];
    const range = [start, '+', count, ...mine];
    const reply = await this.#link.call('XPENDING', stream, this.#name, ...idle, ...range);
    return (reply as readonly [string, string, number, number][]).map(
      ([place, owner, , deliveries]) => ({ place, consumer: owner, count: deliveries }),
    );
  }

  /** Whether other consumers have pending entries. */
  async isPendingElsewhere(): Promise<boolean> {
    const { stream, consumer } = this.#settings;
    const reply = await this.#link.call('XPENDING', stream, this.#name);
    const [, , , owners] = reply as readonly [number, unknown, unknown, [string, string][] | null];
    return (owners ?? []).some(([name]) => name !== consumer);
  }

  /** Claims entries that have been idle for `idleMs`. Returns those that still exist. */
  async claim(places: readonly string[], idleMs: number): Promise<readonly Entry[]> {
    if (places.length === 0) return [];
    const { stream, consumer } = this.#settings;
    const reply = await this.#link.callBuffer(
      ...(['XCLAIM', stream, this.#name, consumer, idleMs, ...places] as const),
    );
    // Before Redis 7 a trimmed entry is returned as null.
    return (reply as readonly (RawEntry | null)[])
      .filter((raw) => raw !== null)
      .map(entryOf)
      .filter(({ fields }) => fields.length > 0);
  }

  /** Sets the idle time of own entries. 0 prevents others from claiming them. */
  async setIdle(places: readonly string[], idleMs: number): Promise<void> {
    const { stream, consumer } = this.#settings;
    const group = [stream, this.#name, consumer, 0] as const;
    await Promise.all(
      portions(places).map((each) =>
        this.#link.call('XCLAIM', ...group, ...each, 'IDLE', idleMs, 'JUSTID'),
      ),
    );
  }

  /** Releases entries, which the next consumer that looks may claim. */
  release(places: readonly string[]): Promise<void> {
    return this.setIdle(places, this.#settings.claimAfterMs);
  }

  async ack(places: readonly string[]): Promise<void> {
    const { stream } = this.#settings;
    await Promise.all(
      portions(places).map((each) => this.#link.call('XACK', stream, this.#name, ...each)),
    );
  }

  /** Returns those entries that are no longer in the stream. */
  async trimmed(places: readonly string[]): Promise<readonly string[]> {
    const { stream } = this.#settings;
    const found = await Promise.all(
      places.map((place) => this.#link.call('XRANGE', stream, place, place)),
    );
    return places.filter((_, index) => (found[index] as readonly unknown[]).length === 0);
  }

  /** Removes this consumer if it holds no entries, and consumers that ended without leaving. */
  async leave(): Promise<void> {
    const { stream, consumer } = this.#settings;
    await run(this.#link, 'sweep', [stream], [this.#name, consumer, forgottenAfterMs]);
  }
}

type RawEntry = readonly [Buffer, readonly Buffer[] | null];

const entryOf = ([place, fields]: RawEntry): Entry => ({ place: `${place}`, fields: fields ?? [] });

function portions(places: readonly string[]): readonly (readonly string[])[] {
  const starts = Array.from(
    { length: Math.ceil(places.length / portion) },
    (_, at) => at * portion,
  );
  return starts.map((start) => places.slice(start, start + portion));
}
