import { hash } from 'node:crypto';
import type { TransportMessage } from '../../transport/transport.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';

/** What is known of a message from its attempts so far. It outlives the delivery. */
export class MessageProgress {
  attempts = 0;
  /** How often it had to wait for an earlier message of its key. */
  waits = 0;
  /** The command to go on with. */
  nextCommand = 0;
  /** When its order was first missed. */
  missedSince: number | undefined;
  /** Calls of the host's functions and of the engine that have not ended. */
  callsUnderWay = 0;
}

/** One message that was put aside and is not dealt with. */
export interface AsideNote {
  readonly name: string;
  /** What it shares with those that must not overtake it. */
  readonly lane: string;
  /** Its place in the order in which messages came. */
  readonly place: number;
  readonly progress: MessageProgress;
  readonly bytes: number;
  isInHand: boolean;
  /** When it may come again. */
  dueAtMs: number;
}

/** How many messages may be put aside, and how much of memory their notes may take. */
const maximumNotes = 20_000;
const maximumNoteBytes = 16 * 1024 * 1024;
/** What a note takes besides its texts, roughly. */
const noteBytes = 500;
/**
 * How long after its time a message is waited for by later ones of its key. One that does not come
 * by then went to another process, or its transport takes its time.
 */
const patienceMs = 30_000;
/** After this long a message that has not come again is forgotten. */
const memoryMs = 10 * 60_000;

/**
 * The messages that a reception gave back to its transport because they fail for now: how far each
 * of them came, and in which order those of one key came. The messages themselves are with the
 * transport, so a note is small; how many there may be is bounded, and so is their size.
 */
export class MessagesAside {
  readonly #clock: Clock;
  /** By name, those that were put aside longest ago first. */
  readonly #notes = new Map<string, AsideNote>();
  /** By lane, in the order of their places. */
  readonly #lanes = new Map<string, Map<string, AsideNote>>();
  #bytes = 0;
  #inHand = 0;
  #lastPlace = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Messages that are with the transport. */
  get count(): number {
    return this.#notes.size - this.#inHand;
  }

  /** A message came: gives its note when it came again. */
  take(message: TransportMessage): AsideNote | undefined {
    // Most receptions never put anything aside, so that nothing is hashed for them.
    if (this.#notes.size === 0) return undefined;
    const note = this.#notes.get(nameOf(message));
    if (note === undefined) return undefined;
    this.#setInHand(note, true);
    return note;
  }

  /**
   * Puts messages of one lane aside that are in hand, all of them or, when there is no room, none;
   * gives their notes.
   *
   * @param known The note of each, if it has one.
   */
  put(works: readonly AsideCandidate[], delayMs: number): readonly AsideNote[] | undefined {
    const dueAtMs = passedMs(this.#clock) + delayMs;
    this.#forgetOld();
    const fresh = works.filter(({ note }) => note === undefined).map((work) => this.#note(work));
    const bytes = fresh.reduce((sum, note) => sum + note.bytes, this.#bytes);
    if (this.#notes.size + fresh.length > maximumNotes || bytes > maximumNoteBytes)
      return undefined;
    let next = 0;
    return works.map(({ note = fresh[next++] as AsideNote }) => this.#keep(note, dueAtMs));
  }

  /** It is dealt with. */
  done(note: AsideNote): void {
    this.#forget(note);
  }

  /** How long a message has to wait for an earlier one of its lane; 0 when it need not. */
  waitMs(message: TransportMessage, note: AsideNote | undefined): number {
    if (this.#notes.size === 0) return 0;
    const lane = this.#lanes.get(note?.lane ?? message.key);
    const nowMs = passedMs(this.#clock);
    for (const earlier of lane?.values() ?? []) {
      if (note !== undefined && earlier.place >= note.place) return 0;
      if (earlier.isInHand || earlier.dueAtMs + patienceMs <= nowMs) continue;
      return Math.max(1, earlier.dueAtMs - nowMs);
    }
    return 0;
  }

  #note({ message, progress }: AsideCandidate): AsideNote {
    const name = nameOf(message);
    // A message without a key waits for no other. Keys hold no line breaks.
    const lane = message.key === '' ? `\n${name}` : message.key;
    this.#lastPlace += 1;
    const bytes = noteBytes + 2 * lane.length;
    const place = this.#lastPlace;
    return { name, lane, place, progress, bytes, isInHand: false, dueAtMs: 0 };
  }

  #keep(note: AsideNote, dueAtMs: number): AsideNote {
    // The same message may have come twice at once: one note is enough.
    const kept = this.#notes.get(note.name) ?? note;
    if (this.#notes.delete(kept.name)) this.#setInHand(kept, false);
    else this.#add(kept);
    this.#notes.set(kept.name, kept);
    kept.dueAtMs = dueAtMs;
    return kept;
  }

  #add(note: AsideNote): void {
    let lane = this.#lanes.get(note.lane);
    if (lane === undefined) {
      lane = new Map();
      this.#lanes.set(note.lane, lane);
    }
    lane.set(note.name, note);
    this.#bytes += note.bytes;
    note.isInHand = false;
  }

  #setInHand(note: AsideNote, isInHand: boolean): void {
    if (note.isInHand === isInHand) return;
    note.isInHand = isInHand;
    this.#inHand += isInHand ? 1 : -1;
  }

  #forget(note: AsideNote): void {
    if (this.#notes.get(note.name) !== note) return;
    this.#setInHand(note, false);
    this.#notes.delete(note.name);
    this.#bytes -= note.bytes;
    const lane = this.#lanes.get(note.lane);
    lane?.delete(note.name);
    if (lane?.size === 0) this.#lanes.delete(note.lane);
  }

  #forgetOld(): void {
    const beforeMs = passedMs(this.#clock) - memoryMs;
    for (const note of this.#notes.values()) {
      if (note.isInHand) continue;
      if (note.dueAtMs > beforeMs) return;
      this.#forget(note);
    }
  }
}

/** A message in hand that is to be put aside. */
export interface AsideCandidate {
  readonly message: TransportMessage;
  readonly progress: MessageProgress;
  readonly note: AsideNote | undefined;
}

/** The same for one message whenever it comes, and another for any other, even with the same id. */
function nameOf({ id, key, body }: TransportMessage): string {
  const content = hash('sha256', body, 'hex');
  return hash('sha256', JSON.stringify([id, key, content]), 'base64url');
}
