import type { Timestamp } from '../../order/values.ts';
import type { JoinRequest } from '../store.ts';
import type { Database, Statements } from './database.ts';

/** The SQL of this file; the tests check the plan of each query. */
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

interface Rows {
  readonly filter: { readonly filter: string };
  readonly members: { readonly owner: string };
}

/** The members and the filter of each subscription, and the removal of subscriptions. */
export class Members {
  readonly #database: Database;
  readonly #sql: Statements<typeof memberQueries, Rows>;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = database.prepareAll(memberQueries);
  }

  join({ subscription, owner, now, durationMs }: JoinRequest): string[] {
    return this.#database.write(() => {
      this.#sql.expire.run(subscription, now);
      this.#sql.join.run(subscription, owner, now, now + durationMs);
      return this.#sql.members.all(subscription).map((member) => member.owner);
    });
  }

  claimFilter(subscription: string, filter: string, replacing?: string): string {
    return this.#database.write(() => {
      const present = this.#sql.filter.get(subscription)?.filter;
      if (present !== undefined && present !== replacing) return present;
      this.#sql.setFilter.run(subscription, filter);
      return filter;
    });
  }

  leave(subscription: string, owner: string): void {
    this.#sql.leave.run(subscription, owner);
  }

  remove(subscription: string, now: Timestamp): boolean {
    return this.#database.write(() => {
      this.#sql.expire.run(subscription, now);
      const isUsed =
        this.#sql.members.all(subscription).length > 0 ||
        this.#sql.isLeased.get(subscription, now) !== undefined;
      if (isUsed) return false;
      this.#sql.removeFilter.run(subscription);
      this.#sql.removeLeases.run(subscription);
      this.#sql.removeParked.run(subscription);
      return true;
    });
  }
}
