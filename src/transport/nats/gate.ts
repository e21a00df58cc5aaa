import { RecentMap } from './recent-map.ts';

/** `tick` is called three times in an ack wait. After so many doubt ends, whatever is out. */
const longestDoubtTicks = 12;
/** And before so many it does not end: the server may not have noticed yet what we have. */
const shortestDoubtTicks = 4;

/**
 * Keeps the order of a subject when deliveries were lost on their way. The server sends what got
 * lost again after the ack wait only, and what follows meanwhile. Every fenced message names the
 * one before it, so one that would overtake is recognised, and sent back to come later.
 *
 *   sent         6 ─ 7 ─╳ connection lost ─ 8 ─────── 7 ─ 8
 *   delivered    6                          (7 first)  7 ─ 8
 *
 * That is looked at only while it is in doubt whether something got lost: else what came before
 * has been delivered, here or in another process.
 */
export class Gate {
  /** The place of the message that was delivered last, by subject. */
  readonly #delivered: RecentMap<string, number>;
  /** Everything up to this place has been acked. */
  #floor = 0;
  #ticksLeft = 0;

  constructor(rememberedKeys: number) {
    this.#delivered = new RecentMap(rememberedKeys);
  }

  get isInDoubt(): boolean {
    return this.#ticksLeft > 0;
  }

  /** Something may have got lost. */
  doubt(): void {
    this.#ticksLeft = longestDoubtTicks;
  }

  /** Time has passed: a third of the ack wait. */
  tick(): void {
    this.#ticksLeft = Math.max(0, this.#ticksLeft - 1);
  }

  /** What the server says: everything up to `floor` is acked, and whether more is out than in hand. */
  learn(floor: number, isSomethingOut: boolean): void {
    this.#floor = Math.max(this.#floor, floor);
    const passed = longestDoubtTicks - this.#ticksLeft;
    if (!isSomethingOut && passed >= shortestDoubtTicks) this.#ticksLeft = 0;
  }

  /** Whether the message at `place` may be delivered; `previous` is the one before it. */
  admit(subject: string, place: number, previous: number | undefined): boolean {
    const delivered = this.#delivered.get(subject) ?? 0;
    const isBehind = previous === undefined || previous <= Math.max(delivered, this.#floor);
    if (this.isInDoubt && !isBehind) return false;
    this.#delivered.set(subject, Math.max(delivered, place));
    return true;
  }
}
