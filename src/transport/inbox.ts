import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import {
  checkOptions,
  flag,
  type OptionSchemas,
  type Settings,
  whole,
  withMethods,
} from '../options.ts';
import { historyOf } from './message-history.ts';
import type { TransportMessage } from './transport.ts';

/**
 * The outcome for a message: its effect happened (`handled`), had happened before (`duplicate`), or
 * a later message of its key was handled before it (`outdated`).
 */
export type InboxVerdict = 'handled' | 'duplicate' | 'outdated';

/**
 * The parts of a message that an inbox reads. The messages of every transport have them. Of the
 * headers it reads only `ce-history`; a message without headers has history 0.
 */
export type InboxMessage = Pick<TransportMessage, 'id' | 'key' | 'sequence'> &
  Partial<Pick<TransportMessage, 'headers'>>;

/**
 * The position of a message among those of its key. A database restored from a backup assigns the
 * same versions again. Its messages then have a higher history, and are later than all messages of
 * the history before.
 */
export interface MessagePlace {
  /** A whole number; 0 for a message without a history. */
  readonly history: number;
  /** The order's version, within one history. */
  readonly sequence: number;
}

/**
 * The storage of an inbox in the host's database, so that the inbox and the effect of the message
 * are written in one transaction.
 */
export interface InboxStore<Transaction = undefined> {
  /**
   * Stores the id. Returns false if it was stored before. SQL: `insert into inbox (id) values (?)
   * on conflict do nothing`, and whether a row was inserted.
   */
  addId(id: string, transaction: Transaction): boolean | Promise<boolean>;
  /**
   * Stores the place as the latest of its key. Returns false if the latest is the same or higher,
   * compared by history first and then by sequence. SQL: `insert into inbox_keys (key, history,
   * sequence) values (?, ?, ?) on conflict (key) do update set history = excluded.history, sequence
   * = excluded.sequence where (inbox_keys.history, inbox_keys.sequence) < (excluded.history,
   * excluded.sequence)`, and whether a row was written.
   */
  raisePlace(
    key: string,
    place: MessagePlace,
    transaction: Transaction,
  ): boolean | Promise<boolean>;
}

/** The most entries that a `Map` can hold. */
const mostEntries = 2 ** 24;

/** Options of {@link createInbox}. */
export interface InboxOptions<Transaction = undefined> {
  /**
   * Where the inbox is stored. Default: in memory, bounded, and lost when the process ends. After
   * that, a message that is delivered again takes effect again.
   */
  readonly store?: InboxStore<Transaction> | undefined;
  /** How many of the latest ids are kept in memory. Default 100,000. */
  readonly maximumIds?: number | undefined;
  /** For how many of the latest keys the place is kept in memory. Default 100,000. */
  readonly maximumKeys?: number | undefined;
  /**
   * Drops messages whose place is not higher than the latest of their key, which is right for a
   * consumer that keeps the latest state. Set it to false to handle every message. Default true.
   */
  readonly dropsOutdated?: boolean | undefined;
}

/** Prevents effects from happening twice, or after later ones. */
export interface Inbox<Transaction = undefined> {
  /**
   * Runs `effect` unless the message was handled before. If it throws, the error is passed on and
   * the message counts as not handled; with a store, the host must roll back its transaction.
   *
   * @throws OrderchartError `messageInvalid` when the message has no id.
   */
  handle(
    message: InboxMessage,
    effect: () => unknown,
    ...transaction: Transaction extends undefined ? [] : [transaction: Transaction]
  ): Promise<InboxVerdict>;
}

const schema = z.strictObject({
  store: withMethods<InboxStore<never>>(
    'have the methods `addId` and `raisePlace`',
    'addId',
    'raisePlace',
  ).optional(),
  maximumIds: whole(1, mostEntries).default(100_000),
  maximumKeys: whole(1, mostEntries).default(100_000),
  dropsOutdated: flag().default(true),
} satisfies OptionSchemas<InboxOptions<never>>);

/**
 * Creates an inbox for a consumer without an engine. Brokers deliver a message at least once, and a
 * repeated delivery must not take effect twice.
 *
 * @example
 * const inbox = createInbox();
 * const verdict = await inbox.handle(delivery.message, () => sendMail(delivery.message));
 * await delivery.ack();
 */
export function createInbox<Transaction = undefined>(
  options: InboxOptions<Transaction> = {},
): Inbox<Transaction> {
  const { store, ...memory } = checkOptions('createInbox', schema, options);
  if (store === undefined) return new MemoryInbox(memory);
  return new StoredInbox(store as InboxStore<Transaction>, memory.dropsOutdated);
}

/** Stores first: another process with the same message waits for this transaction to end. */
class StoredInbox<Transaction> implements Inbox<Transaction> {
  readonly #store: InboxStore<Transaction>;
  readonly #dropsOutdated: boolean;

  constructor(store: InboxStore<Transaction>, dropsOutdated: boolean) {
    this.#store = store;
    this.#dropsOutdated = dropsOutdated;
  }

  async handle(
    message: InboxMessage,
    effect: () => unknown,
    ...[transaction]: readonly unknown[]
  ): Promise<InboxVerdict> {
    const { id, key } = message;
    checkId(id);
    const within = transaction as Transaction;
    if (!(await this.#store.addId(id, within))) return 'duplicate';
    const place = this.#dropsOutdated ? placeOf(message) : undefined;
    if (place !== undefined && !(await this.#store.raisePlace(key, place, within))) {
      return 'outdated';
    }
    await effect();
    return 'handled';
  }
}

/**
 * Stores afterwards. Messages with the same key, or the same id, are handled one after the other.
 */
class MemoryInbox<Transaction> implements Inbox<Transaction> {
  readonly #settings: Omit<Settings<typeof schema>, 'store'>;
  readonly #ids = new Map<string, true>();
  readonly #places = new Map<string, MessagePlace>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(settings: Omit<Settings<typeof schema>, 'store'>) {
    this.#settings = settings;
  }

  async handle(
    message: InboxMessage,
    effect: () => unknown,
    ..._: readonly unknown[]
  ): Promise<InboxVerdict> {
    const { id, key } = message;
    checkId(id);
    // Keys hold no line breaks, so no key is the lane of an id.
    const lane = key === '' ? `\n${id}` : key;
    const before = this.#running.get(lane);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(lane, promise);
    await before;
    try {
      return await this.#handle(message, effect);
    } finally {
      resolve();
      if (this.#running.get(lane) === promise) this.#running.delete(lane);
    }
  }

  async #handle(message: InboxMessage, effect: () => unknown): Promise<InboxVerdict> {
    const { id, key } = message;
    if (this.#ids.has(id)) return 'duplicate';
    const place = this.#settings.dropsOutdated ? placeOf(message) : undefined;
    if (place !== undefined && !isLater(place, this.#places.get(key))) return 'outdated';
    await effect();
    keep(this.#ids, id, true, this.#settings.maximumIds);
    if (place !== undefined) keep(this.#places, key, place, this.#settings.maximumKeys);
    return 'handled';
  }
}

/** Returns `undefined` for a message that has no position. */
function placeOf({ key, sequence, headers }: InboxMessage): MessagePlace | undefined {
  if (key === '' || sequence === undefined) return undefined;
  return { history: historyOf(headers), sequence };
}

function isLater(place: MessagePlace, latest: MessagePlace | undefined): boolean {
  if (latest === undefined) return true;
  if (place.history !== latest.history) return place.history > latest.history;
  return place.sequence > latest.sequence;
}

/** Sets an entry as the latest, and deletes the oldest ones beyond the bound. */
function keep<Value>(
  memory: Map<string, Value>,
  key: string,
  value: Value,
  maximumSize: number,
): void {
  memory.delete(key);
  memory.set(key, value);
  for (const oldest of memory.keys()) {
    if (memory.size <= maximumSize) break;
    memory.delete(oldest);
  }
}

function checkId(id: string): void {
  if (id !== '') return;
  throw new OrderchartError(
    'messageInvalid',
    'The message has no id, so a repeated delivery could not be recognized.',
  );
}
