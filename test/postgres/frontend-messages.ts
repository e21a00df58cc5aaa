// The little of PostgreSQL's protocol (version 3) that a proxy must know to see where a request
// ends and which statement it runs: https://www.postgresql.org/docs/current/protocol-message-formats.html

/** One message as it travels: a letter (none in a start-up message), a length, a body. */
export interface Message {
  /** The letter; '' for a start-up, SSL or cancel request. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #hasStarted: boolean;

  /** @param begins Whether the stream begins with a start-up message, as the client's does. */
  constructor(begins: 'with start-up' | 'with messages') {
    this.#hasStarted = begins === 'with messages';
  }

  /** The messages that are complete now. */
  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      messages.push(message);
    }
    return messages;
  }

  #next(): Message | undefined {
    const lengthAt = this.#hasStarted ? 1 : 0;
    if (this.#rest.length < lengthAt + 4) return undefined;
    const length = lengthAt + this.#rest.readInt32BE(lengthAt);
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    if (this.#hasStarted) return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
    // A request for encryption is answered with one byte, and the start-up message comes again.
    this.#hasStarted = !isEncryptionRequest({ type: '', bytes });
    return { type: '', bytes };
  }
}

const encryptionRequests = [80_877_103, 80_877_104];

export function isEncryptionRequest({ type, bytes }: Message): boolean {
  return type === '' && encryptionRequests.includes(bytes.readInt32BE(4));
}

/** After these the client waits for an answer, which ends with ReadyForQuery. */
const requestEnds = new Set(['Q', 'S']);
/** After this it waits as well, for less: COPY and pipelines. Passed on without being counted. */
const passages = new Set(['H', 'X', 'p', 'c', 'd', 'f']);

/** What a client asks in one go: a simple query, or Parse, Bind, Execute and Sync. */
export interface Request {
  readonly bytes: Buffer;
  /** The statements that it runs, one after the other. */
  readonly sql: string;
}

/** Gathers messages of one client into requests, and remembers its prepared statements. */
export class RequestReader {
  readonly #prepared = new Map<string, string>();
  #gathered: Message[] = [];
  #statements: string[] = [];

  /**
   * Takes one message. Gives a request when this one ended it, `bytes` alone when they are to
   * be passed on for themselves, and nothing while the request goes on.
   */
  take(
    message: Message,
  ): Request | { readonly bytes: Buffer; readonly sql?: undefined } | undefined {
    this.#gathered.push(message);
    this.#note(message);
    const { type } = message;
    if (type !== '' && !requestEnds.has(type) && !passages.has(type)) return undefined;
    const bytes = Buffer.concat(this.#gathered.map((gathered) => gathered.bytes));
    const sql = this.#statements.join('; ');
    this.#gathered = [];
    if (!requestEnds.has(type)) return { bytes };
    this.#statements = [];
    return { bytes, sql };
  }

  #note({ type, bytes }: Message): void {
    if (type === 'Q') this.#statements.push(textAt(bytes, 5).text);
    if (type === 'P') {
      const name = textAt(bytes, 5);
      this.#prepared.set(name.text, textAt(bytes, name.end).text);
    }
    if (type === 'B') {
      const statement = textAt(bytes, textAt(bytes, 5).end);
      this.#statements.push(this.#prepared.get(statement.text) ?? '');
    }
  }
}

function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const zero = bytes.indexOf(0, start);
  return { text: bytes.toString('utf8', start, zero), end: zero + 1 };
}
