import { hash } from 'node:crypto';
import type { TransportMessage } from '../../transport/transport.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';

/** The progress of a message over its attempts. It outlives the delivery. */
export class MessageProgress {
  attempts = 0;
  /** How often it had to wait for an earlier message of its key. */
  waits = 0;
  /** The index of the next command to execute. */
  nextCommand = 0;
  /** When its order was first found missing. */
  missedSince: number | undefined;
  /** Calls of host functions and of the engine that have not ended. */
  pendingCalls = 0;
}

/** A message that was put aside and is not done. */
export interface AsideNote {
  readonly name: string;
  /** Messages of the same lane must not overtake each other. */
  readonly lane: string;
  /** Its place in the order of arrival. */
  readonly place: number;
  readonly progress: MessageProgress;
  readonly bytes: number;
  /** Whether it was redelivered and is in flight again. */
  isInFlight: boolean;
  /** When it may be redelivered. */
  dueAtMs: number;
}

/** How many messages may be put aside, and how much memory their notes may take. */
const maximumNotes = 20_000;
const maximumNoteBytes = 16 * 1024 * 1024;
/** The approximate size of a note without its texts. */
const noteBytes = 500;
/**
 * How long later messages of a key wait for an overdue one. One that has not been redelivered by then
 * went to another process, or its transport is slow.
 */
const patienceMs = 30_000;
/** How long a message that is not redelivered is remembered. */
const memoryMs = 10 * 60_000;

/**
 * The messages that a reception gave back to its transport until their next attempt: the progress of
 * each, and the order of those of a key. The messages themselves are with the transport, so a note is
 * small; the number of notes and their size are bounded.
 */
export class MessagesAside {
  readonly #clock: Clock;
  /** By name; those that were put aside first come first. */
  readonly #notes = new Map<string, AsideNote>();
  /** By lane, in the order of their places. */
  readonly #lanes = new Map<string, Map<string, AsideNote>>();
  #bytes = 0;
  #inFlight = 0;
  #lastPlace = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Messages that are with the transport. */
  get count(): number {
    return this.#notes.size - this.#inFlight;
  }

  /** Takes the note of a delivered message, if it was put aside. */
  take(message: TransportMessage): AsideNote | undefined {
    // Most receptions never put anything aside, and need no hash.
    if (this.#notes.size === 0) return undefined;
    const note = this.#notes.get(nameOf(message));
    if (note === undefined) return undefined;
    this.#setInFlight(note, true);
    return note;
  }

  /**
   * Puts messages of a lane aside: all of them or, when there is no room, none. Returns their notes,
   * or `undefined` for none.
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

  /** Forgets a message that is done. */
  done(note: AsideNote): void {
    this.#forget(note);
  }

  /** Returns how long a message has to wait for an earlier one of its lane; 0 when it need not. */
  waitMs(message: TransportMessage, note: AsideNote | undefined): number {
    if (this.#notes.size === 0) return 0;
    const lane = this.#lanes.get(note?.lane ?? message.key);
    const nowMs = passedMs(this.#clock);
    for (const earlier of lane?.values() ?? []) {
      if (note !== undefined && earlier.place >= note.place) return 0;
      if (earlier.isInFlight || earlier.dueAtMs + patienceMs <= nowMs) continue;
      return Math.max(1, earlier.dueAtMs - nowMs);
    }
    return 0;
  }

  #note({ message, progress }: AsideCandidate): AsideNote {
    const name = nameOf(message);
    // A message without a key has a lane of its own. Keys contain no line breaks.
    const lane = message.key === '' ? `\n${name}` : message.key;
    this.#lastPlace += 1;
    const bytes = noteBytes + 2 * lane.length;
    const place = this.#lastPlace;
    return { name, lane, place, progress, bytes, isInFlight: false, dueAtMs: 0 };
  }

  #keep(note: AsideNote, dueAtMs: number): AsideNote {
    // The same message may be in flight twice: one note is enough.
    const kept = this.#notes.get(note.name) ?? note;
    if (this.#notes.delete(kept.name)) this.#setInFlight(kept, false);
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
  }

  #setInFlight(note: AsideNote, isInFlight: boolean): void {
    if (note.isInFlight === isInFlight) return;
    note.isInFlight = isInFlight;
    this.#inFlight += isInFlight ? 1 : -1;
  }

  #forget(note: AsideNote): void {
    if (this.#notes.get(note.name) !== note) return;
    this.#setInFlight(note, false);
    this.#notes.delete(note.name);
    this.#bytes -= note.bytes;
    const lane = this.#lanes.get(note.lane);
    lane?.delete(note.name);
    if (lane?.size === 0) this.#lanes.delete(note.lane);
  }

  #forgetOld(): void {
    const beforeMs = passedMs(this.#clock) - memoryMs;
    for (const note of this.#notes.values()) {
      if (note.isInFlight) continue;
      if (note.dueAtMs > beforeMs) return;
      this.#forget(note);
    }
  }
}

/** A message in flight that may be put aside. */
export interface AsideCandidate {
  readonly message: TransportMessage;
  readonly progress: MessageProgress;
  readonly note: AsideNote | undefined;
}

/** Returns a name that all deliveries of a message share, and no other message with its id has. */
function nameOf({ id, key, body }: TransportMessage): string {
  const content = hash('sha256', body, 'hex');
  return hash('sha256', JSON.stringify([id, key, content]), 'base64url');
}
