import type { Timestamp } from '../../order/values.ts';
import type { JoinRequest } from '../store.ts';
import { equals, isAbove, isAtMost } from './builtins.ts';
import type { Connections } from './connections.ts';
import { Statements } from './statements.ts';

/** The SQL of this file; the tests check the plan of each query. */
export function memberQueries(schema: string) {
  const members = `${schema}.members`;
  const leases = `${schema}.leases`;
  const parked = `${schema}.parked`;
  const filters = `${schema}.filters`;
  return {
    claimFilter:
      `INSERT INTO ${filters} AS known (subscription, filter) VALUES ($1, $2) ` +
      'ON CONFLICT (subscription) DO UPDATE SET filter = ' +
      `CASE WHEN known.filter ${equals} $3 THEN excluded.filter ELSE known.filter END RETURNING filter`,
    forget: `DELETE FROM ${members} WHERE subscription ${equals} $1 AND expires_at ${isAtMost} $2::bigint`,
    join:
      `INSERT INTO ${members} AS member (subscription, owner, joined_at, expires_at) ` +
      'VALUES ($1, $2, $3::bigint, $4::bigint) ON CONFLICT (subscription, owner) DO UPDATE SET ' +
      `expires_at = excluded.expires_at, joined_at = CASE WHEN member.expires_at ${isAbove} $3::bigint ` +
      'THEN member.joined_at ELSE excluded.joined_at END',
    members:
      `SELECT owner FROM ${members} WHERE subscription ${equals} $1 AND (expires_at ${isAbove} $2::bigint ` +
      `OR owner ${equals} $3) ORDER BY joined_at, owner`,
    leave: `DELETE FROM ${members} WHERE subscription ${equals} $1 AND owner ${equals} $2`,
    remove:
      `WITH busy AS (SELECT EXISTS (SELECT FROM ${members} WHERE subscription ${equals} $1 ` +
      `AND expires_at ${isAbove} $2::bigint) OR EXISTS (SELECT FROM ${leases} WHERE subscription ${equals} $1 ` +
      `AND owner IS NOT NULL AND expires_at ${isAbove} $2::bigint) AS is_busy), ` +
      `gone AS (DELETE FROM ${leases} USING busy WHERE NOT is_busy AND subscription ${equals} $1), ` +
      `departed AS (DELETE FROM ${members} USING busy WHERE NOT is_busy AND subscription ${equals} $1), ` +
      `unfiltered AS (DELETE FROM ${filters} USING busy WHERE NOT is_busy AND subscription ${equals} $1), ` +
      `dropped AS (DELETE FROM ${parked} USING busy WHERE NOT is_busy AND subscription ${equals} $1) ` +
      'SELECT is_busy FROM busy',
  } as const;
}

/** The members and the filters of subscriptions, and the removal of subscriptions. */
export class Members {
  readonly #sql: Statements<keyof ReturnType<typeof memberQueries>>;

  constructor(connections: Connections, schema: string) {
    this.#sql = new Statements(connections, 'member', memberQueries(schema));
  }

  async claimFilter(subscription: string, filter: string, replacing = filter): Promise<string> {
    const [row] = await this.#sql.update<{ readonly filter: string }>('claimFilter', [
      ...[subscription, filter, replacing],
    ]);
    return row?.filter ?? filter;
  }

  async join({ subscription, owner, now, durationMs }: JoinRequest): Promise<string[]> {
    await this.#sql.update('forget', [subscription, `${now}`]);
    await this.#sql.update('join', [subscription, owner, `${now}`, `${now + durationMs}`]);
    const rows = await this.#sql.read<{ readonly owner: string }>('members', [
      ...[subscription, `${now}`, owner],
    ]);
    return rows.map((row) => row.owner);
  }

  async leave(subscription: string, owner: string): Promise<void> {
    await this.#sql.update('leave', [subscription, owner]);
  }

  async remove(subscription: string, now: Timestamp): Promise<boolean> {
    const [row] = await this.#sql.update<{ readonly is_busy: boolean }>('remove', [
      ...[subscription, `${now}`],
    ]);
    return row?.is_busy === false;
  }
}
