import { tooLarge } from '../verifier.ts';
import { BodyBuffer } from './body-buffer.ts';
import { Refused } from './refusal.ts';

/** Limits for a body that is being read. */
export interface BodyLimits {
  readonly maximumBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly bodyGraceMs: number;
  readonly minimumBodyBytesPerSecond: number;
}

/** The claims of a request about its body. */
export interface BodyClaim {
  /** The share of the sender. Requests with the same text have one share. */
  readonly address: string;
  /** The size of the request without its body. */
  readonly headerBytes: number;
  readonly contentLength: number | undefined;
}

/** The shared room of all readings. */
export interface ReadingRoom {
  /** Throws `Refused` if there is no room for `bytes` more bytes. */
  grow(reading: Reading, bytes: number): void;
}

/**
 * A body that is being read. The reader appends chunks, and stops when `broken` rejects: the body
 * is too slow, or its room is needed.
 *
 * Time is measured by timers only, which use the monotonic clock. A timer that fires late, because
 * the process was busy, only gives the sender more time.
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
    // Ignored if there is no reader.
    this.#broken.promise.catch(() => undefined);
  }

  /** Rejects with `Refused` when reading must stop. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** The bytes it occupies. */
  get bytes(): number {
    return this.#headerBytes + this.#body.capacity;
  }

  /** Whether the grace time is over, so that it may have to make room. */
  get isMature(): boolean {
    return this.#periods > 0;
  }

  start(): void {
    const { bodyTimeoutMs, bodyGraceMs } = this.#limits;
    this.#timers.push(
      setTimeout(() => this.breakOff(tooSlow(this.#limits)), bodyTimeoutMs),
      // Data that arrived while the process was busy is read before the callbacks of
      // `setImmediate`, so that no sender is blamed for a delay here.
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
    `The body did not arrive within ${bodyTimeoutMs} ms (bodyTimeoutMs).`,
  );
}

function belowRate({ minimumBodyBytesPerSecond }: BodyLimits): Refused {
  return new Refused(
    'bodyTooSlow',
    `The body arrived with less than ${minimumBodyBytesPerSecond} bytes per second ` +
      '(minimumBodyBytesPerSecond).',
  );
}
