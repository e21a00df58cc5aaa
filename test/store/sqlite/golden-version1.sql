-- A file as schema version 1 wrote it. Never changed: files like it are out in the world.
PRAGMA application_id = 1329877571;
PRAGMA user_version = 1;
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
CREATE TABLE feeds (
  partition INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  latest_recorded_at INTEGER,
  marked_position INTEGER NOT NULL,
  history INTEGER NOT NULL
) STRICT;
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
CREATE UNIQUE INDEX orders_by_id ON orders (tenant_id, order_id);
CREATE UNIQUE INDEX orders_by_number ON orders (tenant_id, number) WHERE number IS NOT NULL;
CREATE INDEX orders_by_placed ON orders (tenant_id, placed_at, order_id);
CREATE INDEX orders_by_status ON orders (tenant_id, status_id, placed_at, order_id);
CREATE INDEX orders_by_customer ON orders (tenant_id, customer_id, placed_at, order_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_due ON orders (next_due_at, tenant_id, order_id)
  WHERE next_due_at IS NOT NULL;
CREATE INDEX orders_by_archived ON orders (archived_at) WHERE archived_at IS NOT NULL;
CREATE UNIQUE INDEX events_by_order ON events (order_row, version);
CREATE UNIQUE INDEX commands_by_key ON commands (tenant_id, scope, key);
CREATE INDEX commands_by_recorded ON commands (recorded_at);
CREATE UNIQUE INDEX parked_by_event ON parked (subscription, event_id);
INSERT INTO statuses VALUES (7953709323743504, '{"lifecycle":"placed","payment":"pending"}');
INSERT INTO statuses VALUES (6967837226477183, '{"lifecycle":"confirmed","payment":"captured"}');
INSERT INTO orders VALUES (1, 'tenant-1', 'order-1', 'N-1', 'customer-1', 3, 'tenant-1/order-1/3', 6967837226477183, 1767355200000, 1767268800000, 1767268860000, NULL, '[{"name":"fulfillment.open.late","dueAt":1767355200000}]', '{"currency":"EUR","total":1050,"note":"a\u0000b \"quoted\" 😀"}');
INSERT INTO orders VALUES (2, 'tenant-2', 'order-2', NULL, NULL, 1, 'tenant-2/order-2/1', 7953709323743504, NULL, 1767268800000, 1767268800000, NULL, '[]', '{"currency":"EUR","total":1050}');
INSERT INTO events VALUES (1, 1, 1, 'tenant-1/order-1/1', 'order.placed', 1, 7953709323743504, 'order@1', 1767268799995, 1767268800000, '["key-1",null,{"kind":"customer","id":"customer-1"}]', '{"amount":1050}');
INSERT INTO events VALUES (2, 1, 2, 'tenant-1/order-1/2', 'order.changed', 1, 7953709323743504, 'order@1', 1767268799995, 1767268800000, '["key-1",null,{"kind":"customer","id":"customer-1"}]', '{"amount":1050}');
INSERT INTO events VALUES (3, 2, 1, 'tenant-2/order-2/1', 'order.placed', 1, 7953709323743504, 'order@1', 1767268799995, 1767268800000, '[null,null,{"kind":"customer","id":"customer-1"}]', '{"amount":1050}');
INSERT INTO events VALUES (4, 1, 3, 'tenant-1/order-1/3', 'order.changed', 1, 6967837226477183, 'order@1', 1767268859995, 1767268860000, '["key-2",null,{"kind":"customer","id":"customer-1"}]', '{"amount":1050}');
INSERT INTO feeds VALUES (0, 4, 1767268860000, 0, 1);
INSERT INTO commands VALUES (1, 'tenant-1', 'requests', 'key-1', 'order-1', 'abababababababababababababababababababababababababababababababab', 1767268800000, '{"status":"accepted"}');
INSERT INTO commands VALUES (2, 'tenant-1', 'requests', 'key-2', 'order-1', 'abababababababababababababababababababababababababababababababab', 1767268860000, '{"status":"accepted","version":3}');
INSERT INTO leases VALUES ('mailer', 0, 'worker-1', 1, 1767268815000, 2, 1);
INSERT INTO parked VALUES ('mailer', 'tenant-1', 'order-1', 1, 'tenant-1/order-1/1', 0, 1, 3, NULL, 0, 1767268800000, '"no address"', '{"id":"tenant-1/order-1/1","type":"order.placed","schemaVersion":1,"tenantId":"tenant-1","orderId":"order-1","version":1,"data":{"amount":1050},"status":{"lifecycle":"placed","payment":"pending"},"chart":"order@1","occurredAt":1767268799995,"recordedAt":1767268800000,"causationId":"key-1","correlationId":null,"actor":{"kind":"customer","id":"customer-1"}}');
