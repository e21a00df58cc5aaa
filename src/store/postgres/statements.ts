import type { Connections } from './connections.ts';
import type { PostgresClient, PostgresQuery } from './options.ts';

/** The SQL of one part of the store, by name, and the ways to run it. */
export class Statements<Name extends string> {
  readonly #connections: Connections;
  readonly #part: string;
  readonly #texts: Readonly<Record<Name, string>>;

  /** @param part Distinguishes the names of prepared statements from those of other parts. */
  constructor(connections: Connections, part: string, texts: Readonly<Record<Name, string>>) {
    this.#connections = connections;
    this.#part = part;
    this.#texts = texts;
  }

  /** Runs a statement that only reads. */
  read<Row>(name: Name, values: string[]): Promise<readonly Row[]> {
    return this.#connections.read<Row>(this.#query(name, values));
  }

  /** Runs a statement that writes, and that may be repeated when its answer is lost. */
  update<Row>(name: Name, values: string[]): Promise<readonly Row[]> {
    return this.#connections.update<Row>(this.#query(name, values));
  }

  /** Runs a statement inside a transaction. */
  async within<Row>(client: PostgresClient, name: Name, values: string[]): Promise<readonly Row[]> {
    const query = { text: this.#texts[name], values };
    return (await this.#connections.ask(client, query)).rows as readonly Row[];
  }

  #query(name: Name, values: string[]): PostgresQuery {
    return { name: `${this.#part}.${name}`, text: this.#texts[name], values };
  }
}
