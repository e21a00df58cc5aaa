import { DatabaseSync } from 'node:sqlite';
import { toCommitError } from './failure.ts';

/** The values that can be bound to a parameter. */
type Parameter = string | number | null;

/** A prepared statement that returns rows of type `Row`. */
export interface Statement<Row> {
  get(...parameters: Parameter[]): Row | undefined;
  all(...parameters: Parameter[]): Row[];
  iterate(...parameters: Parameter[]): IteratorObject<Row, void>;
  run(...parameters: Parameter[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
}

/** Prepared statements by name; `Rows` has the types of the rows of those that return any. */
export type Statements<Queries, Rows> = {
  readonly [Name in keyof Queries]: Statement<Name extends keyof Rows ? Rows[Name] : unknown>;
};

/** One connection to one file. */
export class Database {
  readonly path: string;
  readonly #handle: DatabaseSync;
  readonly #begin: Statement<unknown>;
  readonly #beginRead: Statement<unknown>;
  readonly #commit: Statement<unknown>;

  /** Opens or creates the file. Throws the errors of SQLite. */
  constructor(path: string, busyTimeoutMs: number) {
    this.path = path;
    this.#handle = new DatabaseSync(path);
    this.#handle.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    this.#begin = this.prepare('BEGIN IMMEDIATE');
    this.#beginRead = this.prepare('BEGIN');
    this.#commit = this.prepare('COMMIT');
  }

  /** The SQL must be a literal of this adapter: the cast trusts it to select the columns of `Row`. */
  prepare<Row>(sql: string): Statement<Row> {
    return this.#handle.prepare(sql) as unknown as Statement<Row>;
  }

  prepareAll<Queries extends Readonly<Record<string, string>>, Rows>(
    queries: Queries,
  ): Statements<Queries, Rows> {
    const prepared = Object.entries(queries).map(([name, sql]) => [name, this.prepare(sql)]);
    return Object.fromEntries(prepared);
  }

  execute(sql: string): void {
    this.#handle.exec(sql);
  }

  pragma(name: string): unknown {
    return Object.values(this.prepare<object>(`PRAGMA ${name}`).get() ?? {})[0];
  }

  /**
   * Runs `work` as one transaction that may write. It takes the write lock first: a transaction that
   * reads first and then writes can fail without waiting for the lock.
   */
  write<Result>(work: () => Result): Result {
    this.#begin.run();
    const result = this.#orRollBack(work);
    try {
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      throw toCommitError(error, this.path);
    }
    return result;
  }

  /** Runs `work`, which only reads, on one state of the file, even if other processes write. */
  read<Result>(work: () => Result): Result {
    this.#beginRead.run();
    const result = this.#orRollBack(work);
    this.#commit.run();
    return result;
  }

  close(): void {
    this.#handle.close();
  }

  #orRollBack<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.#handle.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled back (on a full disk, for example); the first error says why.
    }
  }
}
