import { type BodyClaim, type BodyLimits, Reading, type ReadingRoom } from './reading.ts';
import { Refused } from './refusal.ts';

/** What all bodies that are being read may take together. */
export interface ReadingLimits extends BodyLimits {
  readonly maximumReadingRequests: number;
  readonly maximumReadingBytes: number;
}

/** How often room is made for one request at most; beyond, others would pay too much for it. */
const maximumVictims = 64;

/** What one address has. */
interface Share {
  /** In the order in which they began. */
  readonly readings: Set<Reading>;
  bytes: number;
}

type Measure = (share: Share) => number;
const inRequests: Measure = ({ readings }) => readings.size;
const inBytes: Measure = ({ bytes }) => bytes;

/**
 * The bodies that are being read, of whom nobody knows yet whether they are of a sender of ours.
 * Strangers may fill the room, so it is not first come, first served. When it is full, room is made:
 *
 * 1. by the address that has the most, for one that would still have less;
 * 2. else by whoever had the time of grace and is still at it, for whoever comes;
 * 3. else there is none, and who comes has to come again.
 */
export class Readings implements ReadingRoom {
  readonly #limits: ReadingLimits;
  readonly #shares = new Map<string, Share>();
  /** In the order in which they began. */
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

  /** Lets a body in. Throws `Refused` when there is no room, and none can be made. */
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

  /** It is read, or is not to be read. Harmless to repeat. */
  end(reading: Reading): void {
    reading.stop();
    const share = this.#shares.get(reading.address);
    if (share?.readings.delete(reading) !== true) return;
    this.#readings.delete(reading);
    this.#charge(share, -reading.bytes);
    if (share.readings.size === 0) this.#shares.delete(reading.address);
  }

  /** Reads no body any further. */
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
      // They stand in the order in which they began: if the first has not had its time, none has.
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
    `No more webhooks are taken at this moment: as many are being read (${option}).`,
    { retryAfterSeconds: 1 },
  );
}

function crowdedOut(): Refused {
  return new Refused(
    'crowdedOut',
    'The body was still being read when its place was needed for another sender ' +
      '(maximumReadingRequests, maximumReadingBytes).',
    { retryAfterSeconds: 1 },
  );
}
