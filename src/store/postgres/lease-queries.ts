import { equals, isAbove, isAtLeast, isAtMost, isBelow, plus, rowsFrom } from './builtins.ts';
import { asBigints, asTexts } from './columns.ts';

/** Selects the lease that the first four parameters name. */
export const isHeldRow =
  `subscription ${equals} $1 AND partition ${equals} $2::integer ` +
  `AND owner ${equals} $3 AND epoch ${equals} $4::bigint`;
/** Selects the rows of the same partition of the same subscription in two tables. */
export const isSamePlace = (one: string, other: string): string =>
  `${one}.subscription ${equals} ${other}.subscription ` +
  `AND ${one}.partition ${equals} ${other}.partition`;

/** Whether the holder's knowledge, from the parameters of `knownOf`, matches the store. */
export const isTrue = (schema: string): string =>
  `(leases.revision ${isAtLeast} $5::bigint) AND ` +
  `${schema}.is_known($2::integer, $6::bigint, $7::bigint, $8)`;

/** The SQL of this file; the tests check the plan of each query. */
export function leaseQueries(schema: string) {
  const leases = `${schema}.leases`;
  // Locks rows in the order of their keys, so that two statements cannot deadlock.
  const changeOf = (column: string, isAllowed = 'true'): string =>
    'WITH held AS MATERIALIZED (SELECT wanted.*, ' +
    `(leases.revision ${isAtLeast} wanted.revision) AND ${schema}.is_known(` +
    'wanted.partition::integer, wanted.history, wanted.seen_position, wanted.seen_id) ' +
    `AND ${isAllowed} AS is_true FROM ` +
    `${rowsFrom(asTexts('$1'), asBigints('$2'), asTexts('$3'), asBigints('$4'), asBigints('$5'), asBigints('$6'), asBigints('$7'), asTexts('$8'), asBigints('$9'))} ` +
    'WITH ORDINALITY AS wanted(subscription, partition, owner, epoch, revision, history, ' +
    `seen_position, seen_id, value, i) JOIN ${leases} ON ${isSamePlace('leases', 'wanted')} ` +
    `AND leases.owner ${equals} wanted.owner AND leases.epoch ${equals} wanted.epoch ` +
    'ORDER BY leases.subscription, leases.partition FOR UPDATE OF leases), ' +
    `changed AS (UPDATE ${leases} SET ${column} = held.value, ` +
    `revision = leases.revision ${plus} 1::bigint FROM held ` +
    `WHERE ${isSamePlace('leases', 'held')} AND held.is_true RETURNING held.i, leases.revision) ` +
    `SELECT held.i, changed.revision FROM held LEFT JOIN changed ON changed.i ${equals} held.i`;
  return {
    acquire: acquireQuery(schema),
    renew: changeOf('expires_at'),
    release: `UPDATE ${leases} SET owner = NULL WHERE ${isHeldRow}`,
    checkpoint: changeOf(
      'position',
      `${schema}.is_within(wanted.partition::integer, wanted.value)`,
    ),
    checkpoints: `SELECT partition, position FROM ${leases} WHERE subscription ${equals} $1 ORDER BY partition`,
    rewind:
      `INSERT INTO ${leases} AS lease (subscription, partition, epoch, expires_at, position, ` +
      'revision) VALUES ($1, $2::integer, 0, 0, $3::bigint, 1) ' +
      'ON CONFLICT (subscription, partition) DO UPDATE SET owner = NULL, ' +
      `position = excluded.position, revision = lease.revision ${plus} 1::bigint`,
    isHeld: `SELECT ${isTrue(schema)} AS is_true FROM ${leases} WHERE ${isHeldRow} FOR UPDATE`,
    moveHeld:
      `UPDATE ${leases} SET position = $9::bigint, revision = leases.revision ${plus} 1::bigint ` +
      `WHERE ${isHeldRow} AND ${isTrue(schema)} AND ${schema}.is_within($2::integer, $9::bigint) ` +
      'RETURNING revision',
  } as const;
}

/**
 * Skips locked rows: a projection locks its lease for as long as its transaction lasts, and the other
 * leases must not wait for it. Finds the history before it locks rows, because a release must not wait
 * for that. An owner that knows nothing yet passes a history below 0.
 */
function acquireQuery(schema: string): string {
  const leases = `${schema}.leases`;
  const wantedColumns = rowsFrom(
    ...[asTexts('$1'), asBigints('$2'), asTexts('$3'), asBigints('$4'), asBigints('$5')],
    ...[asBigints('$7'), asBigints('$8'), asBigints('$9'), asTexts('$10')],
  );
  return (
    `WITH present_history AS MATERIALIZED (SELECT ${schema}.current_history() AS history), ` +
    'asked AS MATERIALIZED (SELECT asked.*, CASE ' +
    `WHEN asked.history ${isBelow} 0::bigint THEN true ` +
    `WHEN NOT (asked.history ${equals} present_history.history) THEN false ` +
    `WHEN coalesce((SELECT leases.revision FROM ${leases} ` +
    `WHERE ${isSamePlace('leases', 'asked')}), 0::bigint) ${isBelow} asked.revision THEN false ` +
    `ELSE ${schema}.is_known(asked.partition::integer, asked.history, asked.seen_position, ` +
    `asked.seen_id) END AS is_true FROM ${wantedColumns} AS asked(subscription, partition, owner, ` +
    'expires_at, position, revision, history, seen_position, seen_id) CROSS JOIN present_history), ' +
    'wanted AS MATERIALIZED (SELECT * FROM asked WHERE is_true), ' +
    `present AS (SELECT wanted.subscription, wanted.partition FROM wanted JOIN ${leases} ` +
    `ON ${isSamePlace('leases', 'wanted')}), ` +
    `unlocked AS MATERIALIZED (SELECT lease.subscription, lease.partition FROM ${leases} AS lease ` +
    `JOIN wanted ON ${isSamePlace('lease', 'wanted')} ORDER BY lease.subscription, lease.partition ` +
    'FOR UPDATE OF lease SKIP LOCKED), ' +
    `taken AS (INSERT INTO ${leases} AS lease (subscription, partition, owner, epoch, expires_at, position, revision) ` +
    'SELECT subscription, partition, owner, 1, expires_at, position, 1 FROM wanted ' +
    `WHERE (subscription, partition) ${equals} ANY (SELECT * FROM unlocked) ` +
    `OR NOT (subscription, partition) ${equals} ANY (SELECT * FROM present) ` +
    'ORDER BY subscription, partition ' +
    'ON CONFLICT (subscription, partition) DO UPDATE SET owner = excluded.owner, ' +
    `expires_at = excluded.expires_at, revision = lease.revision ${plus} 1::bigint, ` +
    `epoch = lease.epoch ${plus} ` +
    `CASE WHEN lease.owner ${equals} excluded.owner ` +
    `AND lease.expires_at ${isAbove} $6::bigint THEN 0::bigint ELSE 1::bigint END ` +
    `WHERE lease.owner IS NULL OR lease.owner ${equals} excluded.owner ` +
    `OR lease.expires_at ${isAtMost} $6::bigint ` +
    'RETURNING subscription, partition, epoch, position, revision) ' +
    'SELECT taken.*, present_history.history FROM taken CROSS JOIN present_history UNION ALL ' +
    'SELECT subscription, partition::integer, NULL, 0, 0, 0 FROM asked WHERE NOT is_true'
  );
}
