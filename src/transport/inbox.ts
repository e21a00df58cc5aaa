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
 * What became of a message: its effect happened (`handled`); it happened before (`duplicate`); or
 * a later message of its key was handled before it (`outdated`).
 */
export type InboxVerdict = 'handled' | 'duplicate' | 'outdated';

/**
 * What an inbox looks at: any transport's message has it. Of the headers it reads `ce-history`
 * alone; a message without them counts as one of history 0.
 */
export type InboxMessage = Pick<TransportMessage, 'id' | 'key' | 'sequence'> &
  Partial<Pick<TransportMessage, 'headers'>>;

/**
 * Where a message stands among those of its key. A database that was set back counts versions once
 * more from where it is; its messages name a higher history then, and any of them is later than all
 * that the lost time has sent.
 */
export interface MessagePlace {
  /** A whole number; 0 for a message that names none. */
  readonly history: number;
  /** Within one history: the order's version. */
  readonly sequence: number;
}

/**
 * Where a host keeps an inbox in its own database, so that what is remembered and what the message
 * leads to are written in one transaction.
 */
export interface InboxStore<Transaction = undefined> {
  /**
   * Remembers the id; false when it was known.
   * SQL: `insert into inbox (id) values (?) on conflict do nothing`, and whether a row was inserted.
   */
  addId(id: string, transaction: Transaction): boolean | Promise<boolean>;
  /**
   * Remembers the place as the key's latest; false when the key's latest is as high or higher, by
   * the history first and then by the sequence. SQL: `insert into inbox_keys (key, history, sequence)
   * values (?, ?, ?) on conflict (key) do update set history = excluded.history, sequence =
   * excluded.sequence where (inbox_keys.history, inbox_keys.sequence) < (excluded.history,
   * excluded.sequence)`, and whether a row was written.
   */
  raisePlace(
    key: string,
    place: MessagePlace,
    transaction: Transaction,
  ): boolean | Promise<boolean>;
}

/** What a `Map` can hold. */
const mostEntries = 2 ** 24;

export interface InboxOptions<Transaction = undefined> {
  /**
   * Where it is kept. In memory when left out: bounded, and forgotten when the process ends, so
   * that the effects of messages that come again after that happen again.
   */
  readonly store?: InboxStore<Transaction> | undefined;
  /** Ids that are remembered in memory, the latest ones; 100,000 when left out. */
  readonly maximumIds?: number | undefined;
  /** Keys whose place is remembered in memory, the latest ones; 100,000 when left out. */
  readonly maximumKeys?: number | undefined;
  /**
   * Whether messages are dropped whose place is not higher than the latest of their key: right for
   * whoever keeps the latest state. False for whoever must see every message. True when left out.
   */
  readonly dropsOutdated?: boolean | undefined;
}

/** Keeps effects from happening twice, or after later ones. */
export interface Inbox<Transaction = undefined> {
  /**
   * Runs `effect` unless the message was handled before. What it throws is thrown on, and the
   * message counts as not handled: with a store the host rolls its transaction back.
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
 * An inbox for a consumer that has no engine: brokers deliver a message at least once, and one
 * that comes again must not lead to the same thing twice.
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

/** Remembers first: whoever handles the same message meanwhile waits for this transaction to end. */
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

/** Remembers afterwards; messages of one key, or of one id, are handled one after the other. */
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

/** `undefined` for a message that stands in no order. */
function placeOf({ key, sequence, headers }: InboxMessage): MessagePlace | undefined {
  if (key === '' || sequence === undefined) return undefined;
  return { history: historyOf(headers), sequence };
}

function isLater(place: MessagePlace, latest: MessagePlace | undefined): boolean {
  if (latest === undefined) return true;
  if (place.history !== latest.history) return place.history > latest.history;
  return place.sequence > latest.sequence;
}

/** Sets an entry as the latest, and forgets the oldest ones beyond the bound. */
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
    'The message has no id, so nobody could tell whether it came before.',
  );
}
