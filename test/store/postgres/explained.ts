import type { ClientBase } from 'pg';

/** What a statement really did, as EXPLAIN (ANALYZE, BUFFERS) tells. */
export interface Explained {
  /** Pages of tables and indexes that were looked at, those of functions it calls included. */
  readonly pages: number;
  /** Tables that were read from their beginning to their end. */
  readonly scanned: readonly string[];
  /** How many rows the largest sort had to sort. */
  readonly sorted: number;
  /** The plan, for messages. */
  readonly text: string;
}

/** `custom`: planned for these values, as once. `generic`: for any, as kept under a name. */
export type PlanKind = 'custom' | 'generic';

/** Keeps a plan of a statement on this connection, as the server does under a name. */
export async function prepare(client: ClientBase, name: string, sql: string): Promise<void> {
  await client.query(`PREPARE ${name} AS ${sql}`);
}

/** Runs what was prepared and undoes it, twice, and tells what it took. */
export async function explain(
  client: ClientBase,
  { name, values, kind }: { name: string; values: readonly string[]; kind: PlanKind },
): Promise<Explained> {
  const literals = values.map((value) => `E'${escaped(value)}'`).join(', ');
  const call = values.length === 0 ? name : `${name}(${literals})`;
  const sql = `EXECUTE ${call}`;
  return cheaperOfTwo(client, `SET LOCAL plan_cache_mode = force_${kind}_plan`, {
    sql,
    values: [],
  });
}

interface Statement {
  readonly sql: string;
  readonly values: readonly string[];
}

/** The same of a statement that is planned now. */
export async function explainUndone(client: ClientBase, statement: Statement): Promise<Explained> {
  return cheaperOfTwo(client, '', statement);
}

/**
 * Whenever somebody changes the server's own tables, as every test does that makes a schema, other
 * connections read these anew. That counts as pages, and is not what a statement takes.
 */
async function cheaperOfTwo(
  client: ClientBase,
  setting: string,
  statement: Statement,
): Promise<Explained> {
  const runs: Explained[] = [];
  while (runs.length < 2) {
    await client.query(`BEGIN; ${setting}`);
    try {
      runs.push(await explainCall(client, statement));
    } finally {
      await client.query('ROLLBACK');
    }
  }
  const [first, second] = runs as [Explained, Explained];
  return first.pages < second.pages ? first : second;
}

/** Runs a statement that is planned now, and tells what it took; what it does is done. */
export async function explainCall(
  client: ClientBase,
  { sql, values }: Statement,
): Promise<Explained> {
  const text = `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${sql}`;
  const { rows } = await client.query({ text, values: [...values] });
  return explainedBy(rows[0]['QUERY PLAN'][0].Plan);
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\x1e', '\\x1e')
    .replaceAll('\x1d', '\\x1d');
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

function explainedBy(root: PlanNode): Explained {
  const nodes = [...nodesOf(root)];
  const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan');
  const sorts = nodes.filter((node) => node['Node Type'].includes('Sort'));
  return {
    pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    scanned: scans.map((node) => node['Relation Name'] ?? '?'),
    sorted: Math.max(0, ...sorts.map(rowsInto)),
    text: outlineOf(root),
  };
}

function outlineOf(node: PlanNode, indent = ''): string {
  const what = node['Index Name'] ?? node['Relation Name'] ?? '';
  const pages = node['Shared Hit Blocks'] + node['Shared Read Blocks'];
  const line = `${indent}${node['Node Type']} ${what}: ${rowsOf(node)} rows, ${pages} pages`;
  return [line, ...(node.Plans ?? []).map((part) => outlineOf(part, `${indent}  `))].join('\n');
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const part of node.Plans ?? []) yield* nodesOf(part);
}

/** A sort under a LIMIT gives fewer rows than it sorts. */
function rowsInto(sort: PlanNode): number {
  const [input] = sort.Plans ?? [];
  return input === undefined ? 0 : rowsOf(input);
}

function rowsOf(node: PlanNode): number {
  return node['Actual Rows'] * node['Actual Loops'];
}
