import { type BodyClaim, type BodyLimits, Reading, type ReadingRoom } from './reading.ts';
import { Refused } from './refusal.ts';

/** Limits of all readings together. */
export interface ReadingLimits extends BodyLimits {
  readonly maximumReadingRequests: number;
  readonly maximumReadingBytes: number;
}

/** The most readings that are broken off to make room for one request. */
const maximumVictims = 64;

/** The readings of one address. */
interface Share {
  /** In the order of their start. */
  readonly readings: Set<Reading>;
  bytes: number;
}

type Measure = (share: Share) => number;
const inRequests: Measure = ({ readings }) => readings.size;
const inBytes: Measure = ({ bytes }) => bytes;

/**
 * The bodies that are being read, whose senders are not verified yet. Strangers could fill the
 * room, so it is not first come, first served. When it is full, room is made:
 *
 * 1. by the address that has the most, for an address that would still have less;
 * 2. otherwise by a body whose grace time is over, for any newcomer;
 * 3. otherwise not at all, and the newcomer is asked to retry.
 */
export class Readings implements ReadingRoom {
  readonly #limits: ReadingLimits;
  readonly #shares = new Map<string, Share>();
  /** In the order of their start. */
  readonly #readings = new Set<Reading>();
  #bytes = 0;

  constructor(limits: ReadingLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#readings.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Starts to read a body. Throws `Refused` if no room can be made. */
  begin(claim: BodyClaim): Reading {
    const reading = new Reading(claim, this.#limits, this);
    this.#makeRoom(reading, inRequests, 1, this.#limits.maximumReadingRequests);
    this.#makeRoom(reading, inBytes, reading.bytes, this.#limits.maximumReadingBytes);
    const share = this.#shares.get(reading.address) ?? { readings: new Set(), bytes: 0 };
    this.#shares.set(reading.address, share);
    share.readings.add(reading);
    this.#readings.add(reading);
    this.#charge(share, reading.bytes);
    reading.start();
    return reading;
  }

  grow(reading: Reading, bytes: number): void {
    const share = this.#shares.get(reading.address);
    if (share?.readings.has(reading) !== true) throw crowdedOut();
    this.#makeRoom(reading, inBytes, bytes, this.#limits.maximumReadingBytes);
    this.#charge(share, bytes);
  }

  /** Ends a reading. May be called repeatedly. */
  end(reading: Reading): void {
    reading.stop();
    const share = this.#shares.get(reading.address);
    if (share?.readings.delete(reading) !== true) return;
    this.#readings.delete(reading);
    this.#charge(share, -reading.bytes);
    if (share.readings.size === 0) this.#shares.delete(reading.address);
  }

  /** Breaks off all readings. */
  breakAll(refused: Refused): void {
    for (const reading of [...this.#readings]) this.#break(reading, refused);
  }

  #charge(share: Share, bytes: number): void {
    share.bytes += bytes;
    this.#bytes += bytes;
  }

  #break(reading: Reading, refused: Refused): void {
    this.end(reading);
    reading.breakOff(refused);
  }

  #makeRoom(reading: Reading, measure: Measure, more: number, maximum: number): void {
    const used = () => (measure === inBytes ? this.#bytes : this.count);
    for (let victims = 0; used() + more > maximum; victims += 1) {
      const victim = this.#victimFor(reading, measure, more);
      if (victim === undefined || victims === maximumVictims) throw full(measure);
      this.#break(victim, crowdedOut());
    }
  }

  #victimFor(reading: Reading, measure: Measure, more: number): Reading | undefined {
    const own = this.#shares.get(reading.address);
    const largest = most(this.#shares.values(), measure);
    const isUnfair =
      largest !== undefined &&
      largest !== own &&
      measure(largest) > (own === undefined ? 0 : measure(own)) + more;
    const candidates = isUnfair ? largest.readings : this.#readings;
    if (measure === inRequests) {
      // In the order of their start: if the grace time of the first is not over, none is.
      const [oldest] = candidates;
      return isUnfair || oldest?.isMature === true ? oldest : undefined;
    }
    const may = [...candidates].filter((one) => one !== reading && (isUnfair || one.isMature));
    return most(may, ({ bytes }) => bytes);
  }
}

function most<Item>(items: Iterable<Item>, measure: (item: Item) => number): Item | undefined {
  let found: Item | undefined;
  for (const item of items) {
    if (found === undefined || measure(item) > measure(found)) found = item;
  }
  return found;
}

function full(measure: Measure): Refused {
  const option = measure === inBytes ? 'maximumReadingBytes' : 'maximumReadingRequests';
  return new Refused(
    'overloaded',
    `Too many webhooks are being read (${option}). The sender will retry.`,
    { retryAfterSeconds: 1 },
  );
}

function crowdedOut(): Refused {
  return new Refused(
    'crowdedOut',
    'The body was still being read when its room was needed for another sender ' +
      '(maximumReadingRequests, maximumReadingBytes).',
    { retryAfterSeconds: 1 },
  );
}
