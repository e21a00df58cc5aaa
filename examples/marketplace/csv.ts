/** A field and where it begins in its file; line and column count from 1. */
export interface CsvField {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Something that cannot be read, and where. */
export interface CsvProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** One record. If it has a problem, `fields` are those before it. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly CsvField[];
  readonly problem?: CsvProblem;
}

/**
 * Reads CSV according to RFC 4180: commas, quoted fields with doubled quotes and line breaks in
 * them, CRLF or LF. Skips a byte order mark and empty lines. Strict: reports anything that is not
 * CSV as a problem with its position instead of guessing, and continues with the next line.
 */
export function* parseCsv(text: string): Generator<CsvRecord> {
  const cursor = new Cursor(text.startsWith('\ufeff') ? text.slice(1) : text);
  while (!cursor.isAtEnd) {
    if (!cursor.takeLineEnd()) yield readRecord(cursor);
  }
}

function readRecord(cursor: Cursor): CsvRecord {
  const { line } = cursor;
  const fields: CsvField[] = [];
  for (;;) {
    const field = cursor.next === '"' ? readQuoted(cursor) : readPlain(cursor);
    if ('message' in field) {
      cursor.skipLine();
      return { line, fields, problem: field };
    }
    fields.push(field);
    if (!cursor.take(',')) {
      cursor.takeLineEnd();
      return { line, fields };
    }
  }
}

function readPlain(cursor: Cursor): CsvField | CsvProblem {
  const { line, column } = cursor;
  const text = cursor.takeUntil(/[",\r\n]/g);
  if (cursor.next === '"') {
    const message = 'a quote inside a field: put the whole field in quotes and double this one';
    return cursor.problem(message);
  }
  if (cursor.next === '\r' && !cursor.isAtLineEnd) {
    return cursor.problem('a carriage return without a line feed: end lines with LF or CRLF');
  }
  return { text, line, column };
}

function readQuoted(cursor: Cursor): CsvField | CsvProblem {
  const start = cursor.mark();
  const { line, column } = start;
  let text = '';
  cursor.take('"');
  for (;;) {
    text += cursor.takeUntil(/"/g);
    if (!cursor.take('"')) {
      // The rest of the file is inside these quotes: go back, and continue after their first line.
      cursor.goBack(start);
      return cursor.problem('a quote that is never closed');
    }
    if (!cursor.take('"')) break;
    text += '"';
  }
  if (cursor.next === ',' || cursor.isAtLineEnd || cursor.isAtEnd) return { text, line, column };
  return cursor.problem('text after a closing quote: a comma or the end of the line must follow');
}

interface Mark {
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

/** A position in the text that tracks its line and column. */
class Cursor {
  readonly #text: string;
  #at = 0;
  #lineStart = 0;
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get column(): number {
    return this.#at - this.#lineStart + 1;
  }

  get next(): string | undefined {
    return this.#text[this.#at];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get isAtLineEnd(): boolean {
    return this.next === '\n' || this.#text.startsWith('\r\n', this.#at);
  }

  mark(): Mark {
    return { at: this.#at, line: this.line, column: this.column };
  }

  goBack({ at, line, column }: Mark): void {
    this.#at = at;
    this.line = line;
    this.#lineStart = at - column + 1;
  }

  problem(message: string): CsvProblem {
    return { line: this.line, column: this.column, message };
  }

  /** Takes one character, if it is the next. */
  take(character: string): boolean {
    if (this.next !== character) return false;
    this.#at += 1;
    return true;
  }

  takeLineEnd(): boolean {
    if (!this.isAtLineEnd) return false;
    this.#moveTo(this.#at + (this.next === '\r' ? 2 : 1));
    return true;
  }

  /** Takes everything before the next match of a global pattern, or the end. */
  takeUntil(pattern: RegExp): string {
    const from = this.#at;
    pattern.lastIndex = from;
    this.#moveTo(pattern.exec(this.#text)?.index ?? this.#text.length);
    return this.#text.slice(from, this.#at);
  }

  skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#moveTo(end < 0 ? this.#text.length : end + 1);
  }

  #moveTo(at: number): void {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#at);
      if (end < 0 || end >= at) break;
      this.line += 1;
      this.#at = end + 1;
      this.#lineStart = end + 1;
    }
    this.#at = at;
  }
}
