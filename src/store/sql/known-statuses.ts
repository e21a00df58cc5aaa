import { createHash } from 'node:crypto';
import type { AnyStatus } from '../../order/values.ts';
import { matchesStatus } from '../store.ts';
import { objectOf, storeCorrupt } from './stored-json.ts';

/** How many of an id's 53 bits come from the first 32-bit word of the hash; the rest is the second. */
const highBits = 21;

/**
 * Returns the id of a status: the first 53 bits of the SHA-256 of its text, a positive safe integer.
 * A number from a counter would mean one status here and another in a database that was set back
 * and counted on; a hash always means the same. A collision is next to impossible, but must be
 * refused if it occurs.
 */
function statusIdOf(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return (digest.readUInt32BE(0) >>> (32 - highBits)) * 2 ** 32 + digest.readUInt32BE(4);
}

/**
 * The statuses that a store has used: hundreds, however many orders there are. Each is parsed once
 * and shared, frozen. Because an id is a hash, an entry stays true whatever happens to the data.
 */
export class KnownStatuses {
  readonly #idsByObject = new WeakMap<AnyStatus, number>();
  readonly #textsById = new Map<number, string>();
  readonly #byId = new Map<number, AnyStatus>();

  get ids(): readonly number[] {
    return [...this.#byId.keys()];
  }

  get(id: number): AnyStatus | undefined {
    return this.#byId.get(id);
  }

  textOf(id: number): string | undefined {
    return this.#textsById.get(id);
  }

  idOf(status: AnyStatus): number {
    const known = this.#idsByObject.get(status);
    if (known !== undefined) return known;
    const text = JSON.stringify(status);
    const id = statusIdOf(text);
    this.learn(id, text);
    this.#idsByObject.set(status, id);
    return id;
  }

  /**
   * Adds the status of a stored row and returns it; `undefined` for a row that cannot be read. Such
   * a row counts as missing, so that only the orders that have it are damaged.
   */
  learn(id: number, text: string): AnyStatus | undefined {
    const known = this.#textsById.get(id);
    if (known === text) return this.#byId.get(id);
    if (known !== undefined) throw twoStatusesWithOneId(id);
    const status = objectOf(text) as AnyStatus | undefined;
    if (status === undefined) return undefined;
    freezeDeep(status);
    this.#textsById.set(id, text);
    this.#byId.set(id, status);
    this.#idsByObject.set(status, id);
    return status;
  }

  /** Returns the ids of the known statuses that `wanted` selects, see {@link matchesStatus}. */
  matching(wanted: Readonly<Record<string, string>>): number[] {
    return [...this.#byId].flatMap(([id, status]) => (matchesStatus(status, wanted) ? [id] : []));
  }
}

/** Returns the error for a hash collision: which of the two an order is in cannot be known. */
export function twoStatusesWithOneId(id?: number): Error {
  return storeCorrupt(
    `table statuses, two statuses with one id${id === undefined ? '' : ` ${id}`}`,
  );
}

/** Returns the error for an id that has no row, or one that cannot be read. */
export function noSuchStatus(id: number | string, where: string): Error {
  return storeCorrupt(`${where}: table statuses has no such row ${id}`);
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) freezeDeep(inner);
  Object.freeze(value);
}
