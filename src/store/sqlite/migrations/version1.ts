/**
 * The first schema.
 *
 * - Times are milliseconds since the Unix epoch. Data that the store does not read is JSON text.
 * - `events` is the feed: its key is the position, so commits append to it and readers scan it.
 *   Positions are assigned from `feeds` inside the transaction, so they have no gaps and are never
 *   used again after a purge. Events refer to their order by its row number, which keeps the second
 *   index of the largest table at a few bytes per event.
 * - `statuses` holds each distinct status once (there are hundreds, however many orders), so one
 *   index serves lists by every region, those of extensions included.
 * - `feed_marks` has the latest time up to about every thousandth position, so that a time can be
 *   found without an index over all events.
 * - There are no foreign keys: each check would cost a lookup, for every event, of a row that the
 *   same transaction has just written.
 */
export const version1 = `
PRAGMA application_id = ${0x4f445243};

CREATE TABLE statuses (
  status_id INTEGER PRIMARY KEY,
  status TEXT NOT NULL
) STRICT;

CREATE TABLE orders (
  order_row INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  number TEXT,
  customer_id TEXT,
  version INTEGER NOT NULL,
  revision TEXT NOT NULL,
  status_id INTEGER NOT NULL,
  next_due_at INTEGER,
  placed_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  archived_at INTEGER,
  deadlines TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX orders_by_id ON orders (tenant_id, order_id);
CREATE UNIQUE INDEX orders_by_number ON orders (tenant_id, number) WHERE number IS NOT NULL;
CREATE INDEX orders_by_placed ON orders (tenant_id, placed_at, order_id);
CREATE INDEX orders_by_status ON orders (tenant_id, status_id, placed_at, order_id);
CREATE INDEX orders_by_customer ON orders (tenant_id, customer_id, placed_at, order_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_due ON orders (next_due_at, tenant_id, order_id)
  WHERE next_due_at IS NOT NULL;
CREATE INDEX orders_by_archived ON orders (archived_at) WHERE archived_at IS NOT NULL;

CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  order_row INTEGER NOT NULL,
  version INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  status_id INTEGER NOT NULL,
  chart TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  origin TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_order ON events (order_row, version);

CREATE TABLE feeds (
  partition INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  latest_recorded_at INTEGER,
  marked_position INTEGER NOT NULL,
  history INTEGER NOT NULL
) STRICT;
INSERT INTO feeds VALUES (0, 0, NULL, 0, 1);

CREATE TABLE feed_marks (
  latest_recorded_at INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (latest_recorded_at, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
  command_row INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  order_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  outcome TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX commands_by_key ON commands (tenant_id, scope, key);
CREATE INDEX commands_by_recorded ON commands (recorded_at);

CREATE TABLE leases (
  subscription TEXT NOT NULL,
  partition INTEGER NOT NULL,
  owner TEXT,
  epoch INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  position INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (subscription, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked (
  subscription TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  partition INTEGER NOT NULL,
  position INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at INTEGER,
  requeues INTEGER NOT NULL,
  parked_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (subscription, tenant_id, order_id, version)
) STRICT;
CREATE UNIQUE INDEX parked_by_event ON parked (subscription, event_id);
`;
