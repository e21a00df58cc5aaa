import { OrderchartError } from '../errors.ts';
import type { TransportMessage } from './transport.ts';

/**
 * What became of a message: its effect happened (`handled`); it happened before (`duplicate`); or
 * a later message of its key was handled before it (`outdated`).
 */
export type InboxVerdict = 'handled' | 'duplicate' | 'outdated';

/** What an inbox looks at: any transport's message has it, and so has any event of an order. */
export type InboxMessage = Pick<TransportMessage, 'id' | 'key' | 'sequence'>;

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
   * Remembers the sequence as the key's latest; false when the key's latest is as high or higher.
   * SQL: `insert into inbox_keys (key, sequence) values (?, ?) on conflict (key) do update set
   * sequence = excluded.sequence where inbox_keys.sequence < excluded.sequence`, and whether a row
   * was written.
   */
  raiseSequence(
    key: string,
    sequence: number,
    transaction: Transaction,
  ): boolean | Promise<boolean>;
}

export interface InboxOptions<Transaction = undefined> {
  /**
   * Where it is kept. In memory when left out: bounded, and forgotten when the process ends, so
   * that the effects of messages that come again after that happen again.
   */
  readonly store?: InboxStore<Transaction> | undefined;
  /** Ids that are remembered in memory, the latest ones; 100,000 when left out. */
  readonly maximumIds?: number | undefined;
  /** Keys whose sequence is remembered in memory, the latest ones; 100,000 when left out. */
  readonly maximumKeys?: number | undefined;
  /**
   * Whether messages are dropped whose sequence is not higher than the latest of their key: right
   * for whoever keeps the latest state. False for whoever must see every message. True when left out.
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

/**
 * An inbox for a consumer that has no engine: brokers deliver a message at least once, and one
 * that comes again must not lead to the same thing twice.
 *
 * @example
 * const inbox = createInbox();
 * const verdict = await inbox.handle(delivery.message, () => sendMail(delivery.message));
 * await delivery.ack();
 */
export function createInbox<Transaction = undefined>({
  store,
  maximumIds = 100_000,
  maximumKeys = 100_000,
  dropsOutdated = true,
}: InboxOptions<Transaction> = {}): Inbox<Transaction> {
  return store === undefined
    ? new MemoryInbox(maximumIds, maximumKeys, dropsOutdated)
    : new StoredInbox(store, dropsOutdated);
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
    { id, key, sequence }: InboxMessage,
    effect: () => unknown,
    ...[transaction]: readonly unknown[]
  ): Promise<InboxVerdict> {
    checkId(id);
    const within = transaction as Transaction;
    if (!(await this.#store.addId(id, within))) return 'duplicate';
    if (this.#dropsOutdated && key !== '' && sequence !== undefined) {
      if (!(await this.#store.raiseSequence(key, sequence, within))) return 'outdated';
    }
    await effect();
    return 'handled';
  }
}

/** Remembers afterwards; messages of one key, or of one id, are handled one after the other. */
class MemoryInbox<Transaction> implements Inbox<Transaction> {
  readonly #maximumIds: number;
  readonly #maximumKeys: number;
  readonly #dropsOutdated: boolean;
  readonly #ids = new Map<string, true>();
  readonly #sequences = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(maximumIds: number, maximumKeys: number, dropsOutdated: boolean) {
    this.#maximumIds = maximumIds;
    this.#maximumKeys = maximumKeys;
    this.#dropsOutdated = dropsOutdated;
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

  async #handle({ id, key, sequence }: InboxMessage, effect: () => unknown): Promise<InboxVerdict> {
    if (this.#ids.has(id)) return 'duplicate';
    const isOrdered = this.#dropsOutdated && key !== '' && sequence !== undefined;
    if (isOrdered && sequence <= (this.#sequences.get(key) ?? Number.NEGATIVE_INFINITY)) {
      return 'outdated';
    }
    await effect();
    keep(this.#ids, id, true, this.#maximumIds);
    if (isOrdered) keep(this.#sequences, key, sequence, this.#maximumKeys);
    return 'handled';
  }
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
