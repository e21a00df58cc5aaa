import { createHash } from 'node:crypto';
import type { AnyStatus } from '../order/values.ts';
import { objectOf } from './stored-json.ts';

/** Half of a safe integer's bits stand in the first word, half in the second. */
const highBits = 21;

/**
 * The id under which a dictionary of statuses keeps a text: the first 53 bits of its SHA-256, a
 * positive safe integer. A number handed out by a counter would mean one status here and another
 * one in a database that was set back and counted on; a hash means the same everywhere, for ever.
 * Two texts with one id are next to impossible, but whoever meets them must refuse.
 */
function statusIdOf(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return (digest.readUInt32BE(0) >>> (32 - highBits)) * 2 ** 32 + digest.readUInt32BE(4);
}

/**
 * The statuses that a store has met: hundreds, however many orders there are. Each is parsed once
 * and shared, frozen. An id is a hash, so what is in here stays true whatever becomes of the data.
 */
export class KnownStatuses {
  readonly #idsByObject = new WeakMap<AnyStatus, number>();
  readonly #textsById = new Map<number, string>();
  readonly #byId = new Map<number, AnyStatus>();
  readonly #sameId: (id: number) => Error;

  /** @param sameId Makes the error for two statuses with one id. */
  constructor(sameId: (id: number) => Error) {
    this.#sameId = sameId;
  }

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
   * The status of a row that was read. `undefined` for a row that cannot be read: it is as good as
   * none, and only the orders that have it are damaged.
   */
  learn(id: number, text: string): AnyStatus | undefined {
    const known = this.#textsById.get(id);
    if (known === text) return this.#byId.get(id);
    // Whichever of the two an order is in, nobody can tell.
    if (known !== undefined) throw this.#sameId(id);
    const status = objectOf(text) as AnyStatus | undefined;
    if (status === undefined) return undefined;
    freezeDeep(status);
    this.#textsById.set(id, text);
    this.#byId.set(id, status);
    this.#idsByObject.set(status, id);
    return status;
  }
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) freezeDeep(inner);
  Object.freeze(value);
}
