import { tooLarge } from '../verifier.ts';
import { BodyBuffer } from './body-buffer.ts';
import { Refused } from './refusal.ts';

/** What a body has to keep to while it comes. */
export interface BodyLimits {
  readonly maximumBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly bodyGraceMs: number;
  readonly minimumBodyBytesPerSecond: number;
}

/** What the request says of the body before it comes. */
export interface BodyClaim {
  /** Who sends it, as far as is known: requests with the same text share what there is. */
  readonly address: string;
  /** What the request takes without its body. */
  readonly headerBytes: number;
  readonly contentLength: number | undefined;
}

/** What a reading needs of the room that it is in. */
export interface ReadingRoom {
  /** Throws `Refused` when there is no room for so many more bytes. */
  grow(reading: Reading, bytes: number): void;
}

/**
 * One body on its way in. Whoever reads the request hands on what comes, and stops when `broken`
 * rejects: the body is too slow, or its place is needed.
 *
 * Time is taken by timers alone. They go by the steady clock, and one that is late, because the
 * process was busy, only gives a sender more time.
 */
export class Reading {
  readonly address: string;
  readonly #limits: BodyLimits;
  readonly #room: ReadingRoom;
  readonly #headerBytes: number;
  readonly #body: BodyBuffer;
  readonly #broken = Promise.withResolvers<never>();
  readonly #timers: NodeJS.Timeout[] = [];
  #periods = 0;

  constructor(
    { address, headerBytes, contentLength }: BodyClaim,
    limits: BodyLimits,
    room: ReadingRoom,
  ) {
    this.address = address;
    this.#limits = limits;
    this.#room = room;
    this.#headerBytes = headerBytes;
    this.#body = new BodyBuffer(contentLength, limits.maximumBodyBytes);
    // When nobody reads yet, or any more, nobody has to hear of it.
    this.#broken.promise.catch(() => undefined);
  }

  /** Rejects with `Refused` when the body is not to be read any further. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** What it holds. */
  get bytes(): number {
    return this.#headerBytes + this.#body.capacity;
  }

  /** It had its time of grace: whoever is quick would be through, so it may have to make room. */
  get isMature(): boolean {
    return this.#periods > 0;
  }

  start(): void {
    const { bodyTimeoutMs, bodyGraceMs } = this.#limits;
    this.#timers.push(
      setTimeout(() => this.breakOff(tooSlow(this.#limits)), bodyTimeoutMs),
      // What came while the process was busy is still with the system. It is read before the
      // callbacks of `setImmediate`, so that nobody is late for our slowness.
      setInterval(() => setImmediate(() => this.#judge()), bodyGraceMs),
    );
  }

  append(chunk: Uint8Array): void {
    const { maximumBodyBytes } = this.#limits;
    if (this.#body.length + chunk.length > maximumBodyBytes) throw tooLarge(maximumBodyBytes);
    const more = this.#body.capacityWith(chunk.length) - this.#body.capacity;
    if (more > 0) this.#room.grow(this, more);
    this.#body.append(chunk);
  }

  content(): Buffer {
    return this.#body.content();
  }

  breakOff(refused: Refused): void {
    this.#broken.reject(refused);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #judge(): void {
    this.#periods += 1;
    const { bodyGraceMs, minimumBodyBytesPerSecond } = this.#limits;
    const expected = (this.#periods * bodyGraceMs * minimumBodyBytesPerSecond) / 1000;
    if (this.#body.length < expected) this.breakOff(belowRate(this.#limits));
  }
}

function tooSlow({ bodyTimeoutMs }: BodyLimits): Refused {
  return new Refused(
    'bodyTooSlow',
    `The body did not come within ${bodyTimeoutMs} ms (bodyTimeoutMs).`,
  );
}

function belowRate({ minimumBodyBytesPerSecond }: BodyLimits): Refused {
  return new Refused(
    'bodyTooSlow',
    `The body came with less than ${minimumBodyBytesPerSecond} bytes per second ` +
      '(minimumBodyBytesPerSecond).',
  );
}
