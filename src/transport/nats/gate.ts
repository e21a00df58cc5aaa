import { RecentMap } from '../../recent-map.ts';

/** The ticks after which the doubt ends in any case. `tick` is called three times per ack wait. */
const longestDoubtTicks = 12;
/** The shortest doubt, in ticks, since the server may not have noticed the loss yet. */
const shortestDoubtTicks = 4;

/**
 * Keeps the order of a subject when deliveries were lost on their way. The server sends a lost
 * message again only after the ack wait, and the following ones before that. Every fenced message
 * names the one before it, so a message that would overtake is recognized and returned for later.
 *
 *   sent         6 ─ 7 ─╳ connection lost ─ 8 ─────── 7 ─ 8
 *   delivered    6                          (7 first)  7 ─ 8
 *
 * The check applies only while it is in doubt whether messages were lost. Otherwise the previous
 * message has been delivered, here or in another process.
 */
export class Gate {
  /** The place of the last message delivered, by subject. */
  readonly #delivered: RecentMap<number>;
  /** Everything up to this place has been acked. */
  #floor = 0;
  #ticksLeft = 0;

  constructor(rememberedKeys: number) {
    this.#delivered = new RecentMap({ maximum: 2 * rememberedKeys });
  }

  get isInDoubt(): boolean {
    return this.#ticksLeft > 0;
  }

  /** Starts a doubt: messages may have been lost. */
  doubt(): void {
    this.#ticksLeft = longestDoubtTicks;
  }

  /** Called after each third of the ack wait. */
  tick(): void {
    this.#ticksLeft = Math.max(0, this.#ticksLeft - 1);
  }

  /**
   * Takes the server's view: all up to `floor` is acked, and whether messages are in flight
   * elsewhere.
   */
  learn(floor: number, isSomethingOut: boolean): void {
    this.#floor = Math.max(this.#floor, floor);
    const passed = longestDoubtTicks - this.#ticksLeft;
    if (!isSomethingOut && passed >= shortestDoubtTicks) this.#ticksLeft = 0;
  }

  /**
   * Whether the message at `place` may be delivered. `previous` is the place of the one before it.
   */
  admit(subject: string, place: number, previous: number | undefined): boolean {
    const delivered = this.#delivered.get(subject) ?? 0;
    const isBehind = previous === undefined || previous <= Math.max(delivered, this.#floor);
    if (this.isInDoubt && !isBehind) return false;
    this.#delivered.set(subject, Math.max(delivered, place));
    return true;
  }
}
