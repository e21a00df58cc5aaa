/**
 * The tables of the first schema; its functions are in the other files of this version.
 *
 * - `@schema@` stands for the name of the schema.
 * - Times are milliseconds since the Unix epoch. Data that the store does not read is JSON as text,
 *   because `jsonb` refuses NUL and changes numbers and the order of members.
 * - Ids compare by their bytes (collation C), as the port demands, which is also faster.
 * - Other tables refer to an order by its row number, which comes from a sequence. So new events and
 *   feed rows go to the right edge of their indexes, whatever ids a host chooses, and the lowest four
 *   bits are the order's partition of the feed: evenly spread, and never changing.
 * - `toast_tuple_target` keeps an order of some kilobytes in its page; compressing it at every change
 *   would cost more than everything else.
 * - The id of a status is a hash of its text and not unique in its table: two transactions that meet it
 *   first both add it, and neither waits for the other, which may be a host transaction. A reader takes
 *   any of the equal rows.
 * - There are no foreign keys: each check would cost a lookup and a lock, for every row, of a row that the
 *   same function has just written.
 */
export const version1Tables = `
CREATE TABLE @schema@.statuses (
  status_id bigint NOT NULL,
  status text COLLATE "C" NOT NULL
);
CREATE INDEX statuses_by_id ON @schema@.statuses (status_id);

CREATE SEQUENCE @schema@.order_rows;
CREATE TABLE @schema@.orders (
  order_row bigint NOT NULL PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  number text COLLATE "C",
  customer_id text COLLATE "C",
  version integer NOT NULL,
  revision text COLLATE "C" NOT NULL,
  status_id bigint NOT NULL,
  next_due_at bigint,
  placed_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  archived_at bigint,
  deadlines text NOT NULL,
  data text NOT NULL
) WITH (
  toast_tuple_target = 8160,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);
ALTER TABLE @schema@.orders
  ALTER COLUMN deadlines SET STORAGE EXTERNAL, ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX orders_by_id ON @schema@.orders (tenant_id, order_id);
CREATE UNIQUE INDEX orders_by_number ON @schema@.orders (tenant_id, number)
  WHERE number IS NOT NULL;
-- POSIX sorts like C, but has another name: so no query looks for a single order in these indexes,
-- which would read all orders of its tenant.
CREATE INDEX orders_by_placed ON @schema@.orders
  (tenant_id COLLATE "POSIX", placed_at, order_id COLLATE "POSIX");
CREATE INDEX orders_by_status ON @schema@.orders
  (tenant_id COLLATE "POSIX", status_id, placed_at, order_id COLLATE "POSIX");
CREATE INDEX orders_by_customer ON @schema@.orders
  (tenant_id COLLATE "POSIX", customer_id, placed_at, order_id COLLATE "POSIX")
  WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_due ON @schema@.orders (next_due_at, tenant_id, order_id)
  WHERE next_due_at IS NOT NULL;
CREATE INDEX orders_by_archived ON @schema@.orders (archived_at) WHERE archived_at IS NOT NULL;

CREATE TABLE @schema@.events (
  order_row bigint NOT NULL,
  version integer NOT NULL,
  status_id bigint NOT NULL,
  schema_version integer NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  chart text COLLATE "C" NOT NULL,
  origin text NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (order_row, version)
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.1);
ALTER TABLE @schema@.events
  ALTER COLUMN origin SET STORAGE EXTERNAL, ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE @schema@.commands (
  tenant_id text COLLATE "C" NOT NULL,
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  recorded_at bigint NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (tenant_id, scope, key)
);
CREATE INDEX commands_by_recorded ON @schema@.commands (recorded_at);

CREATE TABLE @schema@.feed (
  partition smallint NOT NULL,
  position bigint NOT NULL,
  order_row bigint NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (partition, position)
);
CREATE TABLE @schema@.feed_heads (
  partition smallint PRIMARY KEY,
  position bigint NOT NULL,
  latest_recorded_at bigint NOT NULL,
  marked_position bigint NOT NULL,
  swept_position bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
INSERT INTO @schema@.feed_heads
  SELECT partition, 0, -9223372036854775808, 0, 0 FROM generate_series(0, 15) AS partition;
CREATE TABLE @schema@.feed_marks (
  partition smallint NOT NULL,
  latest_recorded_at bigint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (partition, latest_recorded_at, position)
);
CREATE TABLE @schema@.pending (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  partition smallint NOT NULL,
  order_row bigint NOT NULL,
  version integer NOT NULL,
  recorded_at bigint NOT NULL
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
CREATE INDEX pending_by_partition ON @schema@.pending (partition, seq);

CREATE TABLE @schema@.leases (
  subscription text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  owner text COLLATE "C",
  epoch bigint NOT NULL,
  expires_at bigint NOT NULL,
  position bigint NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (subscription, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
CREATE TABLE @schema@.members (
  subscription text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  joined_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (subscription, owner)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
CREATE TABLE @schema@.filters (
  subscription text COLLATE "C" NOT NULL PRIMARY KEY,
  filter text COLLATE "C" NOT NULL
);
CREATE TABLE @schema@.parked (
  subscription text COLLATE "C" NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  attempts bigint NOT NULL,
  retry_at bigint,
  requeues bigint NOT NULL,
  parked_at bigint NOT NULL,
  error text NOT NULL,
  event text NOT NULL,
  PRIMARY KEY (subscription, tenant_id, order_id, version),
  UNIQUE (subscription, event_id)
) WITH (fillfactor = 70);
CREATE INDEX parked_by_partition ON @schema@.parked
  (subscription, partition, tenant_id, order_id, version);
`;
