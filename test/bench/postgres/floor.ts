import type { Pool, PoolClient } from 'pg';
import { migratePostgres } from '../../../src/store/postgres/index.ts';
import type { Commit, OrderRecord } from '../../../src/store/store.ts';

// The bare floor: what it costs to write the rows of the given commits, in the same groups, and
// nothing else. One statement a group, which looks up nothing and trusts everything: versions,
// numbers, keys and positions are right because the commits are. Same tables, same indexes, and
// the fastest way for columns to travel that was found (see version1-commits.ts).

type Columns = string[];

const separator = '\x1e';
const nothing = '\x1d';

const column = (values: readonly (string | number | null)[]): string =>
  values.map((value) => value ?? nothing).join(separator);
const from = (parameter: number, type: string): string => {
  const texts = `string_to_array($${parameter}::text, E'\\x1e', E'\\x1d')`;
  return type === 'text' ? texts : `${texts}::${type}[]`;
};
const unnest = (first: number, types: readonly string[]): string =>
  `unnest(${types.map((type, index) => from(first + index, type)).join(', ')})`;

const orderTypes = [
  ...['bigint', 'text', 'text', 'text', 'text', 'integer', 'text', 'integer', 'bigint', 'bigint'],
  ...['bigint', 'bigint', 'text', 'text'],
];
const changeTypes = [
  ...['bigint', 'integer', 'text', 'integer', 'bigint', 'bigint', 'bigint', 'text', 'text'],
];
const eventTypes = [
  ...['bigint', 'integer', 'integer', 'integer', 'bigint', 'bigint', 'text', 'text', 'text'],
  ...['text', 'text'],
];
const commandTypes = ['text', 'text', 'text', 'bigint', 'text', 'text', 'text'];
const feedTypes = ['smallint', 'bigint', 'bigint', 'integer'];
const headTypes = ['smallint', 'bigint'];

function floorStatement(schema: string): string {
  let first = 1;
  const next = (types: readonly string[]): string => {
    const sql = unnest(first, types);
    first += types.length;
    return sql;
  };
  return (
    `WITH new_orders AS (INSERT INTO ${schema}.orders (order_row, tenant_id, order_id, number, ` +
    'customer_id, version, revision, status_id, next_due_at, placed_at, updated_at, archived_at, ' +
    `deadlines, data) SELECT * FROM ${next(orderTypes)}), ` +
    `changes AS (UPDATE ${schema}.orders SET version = c.version, revision = c.revision, status_id = c.status_id, ` +
    'next_due_at = c.next_due_at, updated_at = c.updated_at, archived_at = c.archived_at, ' +
    `deadlines = c.deadlines, data = c.data FROM ${next(changeTypes)} AS c(order_row, version, ` +
    'revision, status_id, next_due_at, updated_at, archived_at, deadlines, data) ' +
    'WHERE orders.order_row = c.order_row), ' +
    `new_events AS (INSERT INTO ${schema}.events (order_row, version, status_id, schema_version, ` +
    'occurred_at, recorded_at, id, type, chart, origin, data) ' +
    `SELECT * FROM ${next(eventTypes)}), ` +
    `new_commands AS (INSERT INTO ${schema}.commands (tenant_id, scope, key, recorded_at, ` +
    `order_id, fingerprint, outcome) SELECT * FROM ${next(commandTypes)}), ` +
    `places AS (INSERT INTO ${schema}.feed (partition, position, order_row, version) ` +
    `SELECT * FROM ${next(feedTypes)}) ` +
    `UPDATE ${schema}.feed_heads SET position = h.position FROM ${next(headTypes)} ` +
    'AS h(partition, position) WHERE feed_heads.partition = h.partition'
  );
}

/** Turns commits into rows. It counts rows and positions itself, so it must see every commit. */
export class RowMaker {
  readonly #rows = new Map<string, number>();
  readonly #statuses = new Map<string, number>();
  readonly #positions = Array.from({ length: 16 }, () => 0);

  columnsOf(commits: readonly Commit[]): Columns {
    const fresh = commits.filter(({ expectedVersion }) => expectedVersion === 0);
    const later = commits.filter(({ expectedVersion }) => expectedVersion > 0);
    for (const { orderId } of fresh) this.#rows.set(orderId, this.#rows.size + 1);
    return [
      ...turned(
        fresh.map((commit) => this.#orderRow(commit)),
        orderTypes.length,
      ),
      ...turned(
        later.map((commit) => this.#changeRow(commit)),
        changeTypes.length,
      ),
      ...turned(
        commits.flatMap((commit) => this.#eventRows(commit)),
        eventTypes.length,
      ),
      ...turned(commits.map(commandRow), commandTypes.length),
      ...turned(
        commits.flatMap((commit) => this.#feedRows(commit)),
        feedTypes.length,
      ),
      ...turned([...this.#positions.entries()], headTypes.length),
    ];
  }

  /** The dictionary, which the store fills once. */
  get statuses(): readonly string[] {
    return [...this.#statuses.keys()];
  }

  #rowOf({ orderId }: Commit): number {
    return this.#rows.get(orderId) ?? 0;
  }

  #orderRow(commit: Commit) {
    const record = recordOf(commit);
    return [
      ...[this.#rowOf(commit), record.tenantId, record.orderId, record.number, record.customerId],
      ...[record.version, record.revision, this.#statusId(record.status)],
      record.deadlines[0]?.dueAt ?? null,
      ...[record.placedAt, record.updatedAt, record.archivedAt],
      ...[JSON.stringify(record.deadlines), JSON.stringify(record.order)],
    ];
  }

  #changeRow(commit: Commit) {
    const record = recordOf(commit);
    return [
      ...[this.#rowOf(commit), record.version, record.revision, this.#statusId(record.status)],
      ...[record.deadlines[0]?.dueAt ?? null, record.updatedAt, record.archivedAt],
      ...[JSON.stringify(record.deadlines), JSON.stringify(record.order)],
    ];
  }

  #eventRows(commit: Commit) {
    const row = this.#rowOf(commit);
    return commit.events.map((event) => [
      ...[row, event.version, this.#statusId(event.status), event.schemaVersion],
      ...[event.occurredAt, event.recordedAt, event.id, event.type, event.chart],
      JSON.stringify([event.causationId, event.correlationId, event.actor, event.trace]),
      JSON.stringify(event.data),
    ]);
  }

  #feedRows(commit: Commit) {
    const row = this.#rowOf(commit);
    return commit.events.map(({ version }) => {
      const partition = row & 15;
      const position = (this.#positions[partition] ?? 0) + 1;
      this.#positions[partition] = position;
      return [partition, position, row, version];
    });
  }

  #statusId(status: object): number {
    const text = JSON.stringify(status);
    const known = this.#statuses.get(text);
    if (known !== undefined) return known;
    this.#statuses.set(text, this.#statuses.size + 1);
    return this.#statuses.size;
  }
}

function recordOf({ record }: Commit): OrderRecord {
  if (record === undefined) throw new Error('The commits of whole lives all have a record.');
  return record;
}

function commandRow({ command }: Commit) {
  if (command === undefined) throw new Error('The commits of whole lives all have a command.');
  return [
    ...[command.tenantId, command.scope, command.key, command.recordedAt, command.orderId],
    ...[command.fingerprint, JSON.stringify(command.outcome)],
  ];
}

function turned(rows: readonly (readonly (string | number | null)[])[], width: number): Columns {
  return Array.from({ length: width }, (_, at) => column(rows.map((row) => row[at] ?? null)));
}

/** Writes groups of rows into a schema of the store's own. */
export class Floor {
  readonly #client: PoolClient;
  readonly #schema: string;
  readonly #text: string;

  static async create(pool: Pool, schema: string): Promise<Floor> {
    await migratePostgres(pool, { schema });
    return new Floor(await pool.connect(), schema);
  }

  private constructor(client: PoolClient, schema: string) {
    this.#client = client;
    this.#schema = schema;
    this.#text = floorStatement(schema);
  }

  /** One statement, one transaction, one round trip. */
  async write(values: Columns): Promise<void> {
    await this.#client.query({ name: 'floor', text: this.#text, values });
  }

  async close(statuses: readonly string[]): Promise<void> {
    const text = `INSERT INTO ${this.#schema}.statuses (status) SELECT unnest($1::text[])`;
    await this.#client.query(text, [statuses]);
    this.#client.release();
  }
}
