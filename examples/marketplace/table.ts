import { type CsvField, type CsvRecord, parseCsv } from './csv.ts';
import { type Reading, readAmount, readId, readTime } from './values.ts';

/** A place in a file that could not be read, and why. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The order it is about, if its id could be read. */
  readonly orderId: string | undefined;
}

/** The expected contents of a file. */
export interface TableForm<Value> {
  readonly file: string;
  /** The required columns; a file may have others as well. */
  readonly columns: readonly string[];
  /** Reads one row; throws {@link CellError}. */
  readonly read: (row: Row) => Value;
  /** Two rows with the same key contradict each other. */
  readonly key: (value: Value) => string;
}

/** The contents of a file: the rows that can be used, and the problems of the others. */
export interface Table<Value> {
  readonly rows: readonly { readonly value: Value; readonly line: number }[];
  readonly problems: readonly Problem[];
}

/** A cell that cannot be used. */
export class CellError extends Error {
  readonly field: CsvField;

  constructor(field: CsvField, reason: string) {
    super(reason);
    this.field = field;
  }
}

/** One row, read by the names of its columns. */
export class Row {
  readonly #fields: ReadonlyMap<string, CsvField>;

  constructor(fields: ReadonlyMap<string, CsvField>) {
    this.#fields = fields;
  }

  id(column: string): string {
    return this.#value(column, readId);
  }

  time(column: string): number {
    return this.#value(column, readTime);
  }

  /** An empty cell is `undefined`. */
  optionalTime(column: string): number | undefined {
    return this.field(column).text === '' ? undefined : this.time(column);
  }

  amount(column: string, decimals: number): number {
    return this.#value(column, (text) => readAmount(text, decimals));
  }

  field(column: string): CsvField {
    // Never missing: the header has been checked, and a row that is too short is refused.
    return this.#fields.get(column) ?? { text: '', line: 0, column: 0 };
  }

  #value<Value>(column: string, read: (text: string) => Reading<Value>): Value {
    const field = this.field(column);
    const reading = read(field.text);
    if ('reason' in reading) throw new CellError(field, `${column}: ${reading.reason}`);
    return reading.value;
  }
}

/** Reads the text of one file. Throws an error that names the missing columns of the header. */
export function readTable<Value>(form: TableForm<Value>, text: string): Table<Value> {
  const records = parseCsv(text);
  const header = readHeader(form, records.next().value ?? undefined);
  const rows: { readonly value: Value; readonly line: number }[] = [];
  const problems: Problem[] = [];
  const lines = new Map<string, number>();
  for (const record of records) {
    try {
      const row = rowOf(record, header);
      const value = form.read(row);
      checkFirst(lines, form.key(value), record);
      rows.push({ value, line: record.line });
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      const { line, column } = error.field;
      const orderId = record.fields[header.indexOf('order_id')]?.text;
      problems.push({ file: form.file, line, column, message: error.message, orderId });
    }
  }
  return { rows, problems };
}

function readHeader<Value>(form: TableForm<Value>, record: CsvRecord | undefined): string[] {
  const names = record?.fields.map(({ text }) => text.trim()) ?? [];
  const missing = form.columns.filter((column) => !names.includes(column));
  if (missing.length === 0 && record?.problem === undefined) return names;
  throw new Error(
    `${form.file}, line 1: the header must name the columns ${form.columns.join(', ')}` +
      (missing.length === 0 ? '' : `; missing: ${missing.join(', ')}`),
  );
}

function rowOf({ line, fields, problem }: CsvRecord, header: readonly string[]): Row {
  if (problem !== undefined) throw new CellError({ text: '', ...problem }, problem.message);
  if (fields.length !== header.length) {
    const at = fields[header.length] ?? fields.at(-1) ?? { text: '', line, column: 1 };
    throw new CellError(at, `${fields.length} fields, where the header has ${header.length}`);
  }
  return new Row(new Map(fields.map((field, index) => [header[index] ?? '', field])));
}

function checkFirst(lines: Map<string, number>, key: string, { line, fields }: CsvRecord): void {
  const known = lines.get(key);
  if (known === undefined) lines.set(key, line);
  else {
    const at = fields[0] ?? { text: '', line, column: 1 };
    throw new CellError(at, `${key} is already on line ${known}`);
  }
}
