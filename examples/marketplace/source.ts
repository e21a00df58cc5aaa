import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unusable } from './failure.ts';
import {
  CellError,
  type Problem,
  type Row,
  readTable,
  type Table,
  type TableForm,
} from './table.ts';

/** The statuses that the marketplace uses for an order. */
const finalStatuses = [
  'created',
  'approved',
  'invoiced',
  'processing',
  'shipped',
  'delivered',
  'canceled',
  'unavailable',
] as const;

type FinalStatus = (typeof finalStatuses)[number];

/** An order as in the marketplace's files; times in milliseconds since the Unix epoch. */
export interface SourceOrder {
  readonly id: string;
  readonly customerId: string;
  readonly status: FinalStatus;
  readonly purchasedAt: number;
  readonly approvedAt: number | undefined;
  readonly carrierAt: number | undefined;
  readonly deliveredAt: number | undefined;
  readonly estimatedAt: number | undefined;
  /** Empty if they are not known. */
  readonly items: readonly SourceItem[];
  /** Empty if they are not known. */
  readonly payments: readonly SourcePayment[];
}

/** One unit sold; amounts in minor units. */
export interface SourceItem {
  readonly orderId: string;
  readonly item: string;
  readonly productId: string;
  readonly price: number;
  readonly freight: number;
}

export interface SourcePayment {
  readonly orderId: string;
  readonly sequence: string;
  readonly type: string;
  readonly value: number;
}

/** The contents of a folder. */
export interface Source {
  readonly orders: readonly SourceOrder[];
  readonly problems: readonly Problem[];
  /** The number of orders left out because some row about them could not be read. */
  readonly skippedOrders: number;
}

/** Decimals of the Brazilian real, the only currency of these files. */
const decimals = 2;

type OrderRow = Omit<SourceOrder, 'items' | 'payments'>;

const orderForm: TableForm<OrderRow> = {
  file: 'orders.csv',
  columns: [
    'order_id',
    'customer_id',
    'status',
    'purchased_at',
    'approved_at',
    'carrier_at',
    'delivered_at',
    'estimated_at',
  ],
  read: (row) => ({
    id: row.id('order_id'),
    customerId: row.id('customer_id'),
    status: readStatus(row),
    purchasedAt: row.time('purchased_at'),
    approvedAt: row.optionalTime('approved_at'),
    carrierAt: row.optionalTime('carrier_at'),
    deliveredAt: row.optionalTime('delivered_at'),
    estimatedAt: row.optionalTime('estimated_at'),
  }),
  key: ({ id }) => `order ${id}`,
};

const itemForm: TableForm<SourceItem> = {
  file: 'items.csv',
  columns: ['order_id', 'item', 'product_id', 'price_brl', 'freight_brl'],
  read: (row) => ({
    orderId: row.id('order_id'),
    item: row.id('item'),
    productId: row.id('product_id'),
    price: row.amount('price_brl', decimals),
    freight: row.amount('freight_brl', decimals),
  }),
  key: ({ orderId, item }) => `item ${item} of order ${orderId}`,
};

const paymentForm: TableForm<SourcePayment> = {
  file: 'payments.csv',
  columns: ['order_id', 'sequence', 'type', 'value_brl'],
  read: (row) => ({
    orderId: row.id('order_id'),
    sequence: row.id('sequence'),
    type: row.id('type'),
    value: row.amount('value_brl', decimals),
  }),
  key: ({ orderId, sequence }) => `payment ${sequence} of order ${orderId}`,
};

function readStatus(row: Row): FinalStatus {
  const field = row.field('status');
  const status = finalStatuses.find((known) => known === field.text);
  if (status !== undefined) return status;
  const shown = JSON.stringify(field.text.slice(0, 40));
  throw new CellError(field, `status: ${shown} is not one of ${finalStatuses.join(', ')}`);
}

/**
 * Reads the three files of a folder. Leaves out the whole order of a row that cannot be read,
 * because half an order would be made up. Keeps the other orders.
 */
export async function readSource(folder: string): Promise<Source> {
  const rows = await readFileOf(folder, orderForm);
  const items = withStraysTold(await readFileOf(folder, itemForm), itemForm.file, rows);
  const payments = withStraysTold(await readFileOf(folder, paymentForm), paymentForm.file, rows);
  const problems = [rows, items, payments].flatMap((table) => table.problems);
  const spoiled = new Set(problems.map(({ orderId }) => orderId));
  const itemsOf = Map.groupBy(valuesOf(items), ({ orderId }) => orderId);
  const paymentsOf = Map.groupBy(valuesOf(payments), ({ orderId }) => orderId);
  const orders = valuesOf(rows)
    .filter(({ id }) => !spoiled.has(id))
    .map((row) => ({
      ...row,
      items: itemsOf.get(row.id) ?? [],
      payments: paymentsOf.get(row.id) ?? [],
    }));
  return { orders, problems, skippedOrders: countSkipped(rows, spoiled) };
}

async function readFileOf<Value>(folder: string, form: TableForm<Value>): Promise<Table<Value>> {
  const path = join(folder, form.file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw unusable(
      `${path} ${reason}. --data needs a folder with orders.csv, items.csv and payments.csv.`,
    );
  }
  try {
    return readTable(form, text);
  } catch (error) {
    throw unusable(`${folder}: ${(error as Error).message}.`);
  }
}

/** Adds a problem for each row about an order that is not in orders.csv. */
function withStraysTold<Value extends { readonly orderId: string }>(
  table: Table<Value>,
  file: string,
  orders: Table<OrderRow>,
): Table<Value> {
  const known = new Set(valuesOf(orders).map(({ id }) => id));
  for (const { orderId } of orders.problems) if (orderId !== undefined) known.add(orderId);
  const strays = table.rows.filter(({ value }) => !known.has(value.orderId));
  const problems = strays.map(({ value: { orderId }, line }) => {
    const message = `order ${orderId} is not in orders.csv`;
    return { file, line, column: 1, message, orderId };
  });
  return { rows: table.rows, problems: [...table.problems, ...problems] };
}

function valuesOf<Value>({ rows }: Table<Value>): readonly Value[] {
  return rows.map(({ value }) => value);
}

/** Counts orders whose own row could not be read, or that were spoiled by another row. */
function countSkipped(orders: Table<OrderRow>, spoiled: ReadonlySet<string | undefined>): number {
  const ids = new Set(valuesOf(orders).map(({ id }) => id));
  const spoiledIds = [...ids].filter((id) => spoiled.has(id));
  const unread = orders.problems.filter(({ orderId }) => !ids.has(orderId ?? ''));
  return spoiledIds.length + unread.length;
}
