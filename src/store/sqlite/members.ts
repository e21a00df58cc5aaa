import type { Timestamp } from '../../order/values.ts';
import type { JoinRequest } from '../store.ts';
import type { Database, Statement } from './database.ts';

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
export const memberQueries = {
  filter: 'SELECT filter FROM filters WHERE subscription = ?',
  setFilter:
    'INSERT INTO filters (subscription, filter) VALUES (?, ?) ' +
    'ON CONFLICT DO UPDATE SET filter = excluded.filter',
  removeFilter: 'DELETE FROM filters WHERE subscription = ?',
  expire: 'DELETE FROM members WHERE subscription = ? AND expires_at <= ?',
  join:
    'INSERT INTO members (subscription, owner, joined_at, expires_at) VALUES (?, ?, ?, ?) ' +
    'ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at',
  members:
    'SELECT owner FROM members WHERE subscription = ? ORDER BY subscription, joined_at, owner',
  leave: 'DELETE FROM members WHERE subscription = ? AND owner = ?',
  isLeased:
    'SELECT partition FROM leases ' +
    'WHERE subscription = ? AND owner IS NOT NULL AND expires_at > ? LIMIT 1',
  removeLeases: 'DELETE FROM leases WHERE subscription = ?',
  removeParked: 'DELETE FROM parked WHERE subscription = ?',
} as const;

/** Who takes part in each subscription, and how a subscription that nobody takes part in goes. */
export class Members {
  readonly #database: Database;
  readonly #filter: Statement<{ readonly filter: string }>;
  readonly #setFilter: Statement<unknown>;
  readonly #removeFilter: Statement<unknown>;
  readonly #expire: Statement<unknown>;
  readonly #join: Statement<unknown>;
  readonly #members: Statement<{ readonly owner: string }>;
  readonly #leave: Statement<unknown>;
  readonly #isLeased: Statement<unknown>;
  readonly #removeLeases: Statement<unknown>;
  readonly #removeParked: Statement<unknown>;

  constructor(database: Database) {
    this.#database = database;
    this.#filter = database.prepare(memberQueries.filter);
    this.#setFilter = database.prepare(memberQueries.setFilter);
    this.#removeFilter = database.prepare(memberQueries.removeFilter);
    this.#expire = database.prepare(memberQueries.expire);
    this.#join = database.prepare(memberQueries.join);
    this.#members = database.prepare(memberQueries.members);
    this.#leave = database.prepare(memberQueries.leave);
    this.#isLeased = database.prepare(memberQueries.isLeased);
    this.#removeLeases = database.prepare(memberQueries.removeLeases);
    this.#removeParked = database.prepare(memberQueries.removeParked);
  }

  join({ subscription, owner, now, durationMs }: JoinRequest): string[] {
    return this.#database.write(() => {
      this.#expire.run(subscription, now);
      this.#join.run(subscription, owner, now, now + durationMs);
      return this.#members.all(subscription).map((member) => member.owner);
    });
  }

  claimFilter(subscription: string, filter: string, replacing?: string): string {
    return this.#database.write(() => {
      const present = this.#filter.get(subscription)?.filter;
      if (present !== undefined && present !== replacing) return present;
      this.#setFilter.run(subscription, filter);
      return filter;
    });
  }

  leave(subscription: string, owner: string): void {
    this.#leave.run(subscription, owner);
  }

  remove(subscription: string, now: Timestamp): boolean {
    return this.#database.write(() => {
      this.#expire.run(subscription, now);
      const isUsed =
        this.#members.all(subscription).length > 0 ||
        this.#isLeased.get(subscription, now) !== undefined;
      if (isUsed) return false;
      this.#removeFilter.run(subscription);
      this.#removeLeases.run(subscription);
      this.#removeParked.run(subscription);
      return true;
    });
  }
}
