import type { SubscriptionStore } from '../../../store/store.ts';
import type { Activity } from '../../kernel/activity.ts';
import { type Clock, passedMs } from '../../kernel/clock.ts';
import { jitteredMs } from '../../kernel/jitter.ts';
import type { Logger } from '../../kernel/logger.ts';
import { SoonestTimer } from '../../kernel/soonest-timer.ts';
import { renewalMs } from './lease-keeper.ts';

/** How often who takes part is looked up at least, so that a hand-over takes no longer. */
const longestBeatMs = 1000;
/** News from the store may come by the thousand; they are followed this often. */
const newsMs = 250;

/** What a membership works with. */
export interface MembershipParts {
  readonly store: { readonly subscriptions: SubscriptionStore };
  readonly clock: Clock;
  readonly activity: Activity;
  readonly logger: Logger;
  readonly random: () => number;
  readonly owner: string;
  readonly leaseDurationMs: number;
}

/**
 * Takes part in one subscription, beat by beat, and shares out its partitions: with n that take
 * part, partition p belongs to the (p mod n)th of them. All see the same list, so nobody has to be
 * asked, and no two try for the same lease for longer than a beat.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #subscription: string;
  readonly #onBeat: () => void;
  #members: readonly string[];
  readonly #next: SoonestTimer;
  #beating: Promise<void> | undefined;
  #lastBeatMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @param onBeat Hears after every beat, whether the members changed or not. */
  constructor(parts: MembershipParts, subscription: string, onBeat: () => void) {
    this.#parts = parts;
    this.#subscription = subscription;
    this.#onBeat = onBeat;
    this.#members = [parts.owner];
    this.#next = new SoonestTimer(parts.clock, () => void this.beat());
  }

  /** Whether others take part. */
  get isShared(): boolean {
    return this.#members.length > 1;
  }

  /** Whether the partition is ours to work on. */
  owns(partition: number): boolean {
    return this.#members[partition % this.#members.length] === this.#parts.owner;
  }

  /** Says that we take part, and learns who else does. Never rejects. */
  beat(): Promise<void> {
    this.#next.clear();
    this.#beating ??= this.#parts.activity.during(this.#join());
    return this.#beating;
  }

  /** The next beat at its regular time. */
  beatLater(): void {
    const { leaseDurationMs, random } = this.#parts;
    const beatMs = Math.min(longestBeatMs, renewalMs(leaseDurationMs));
    this.#plan(jitteredMs(beatMs, random()));
  }

  /** Something has changed: looks soon, but not at once with everybody else, nor all the time. */
  beatSoon(): void {
    const { clock, random } = this.#parts;
    const restMs = this.#lastBeatMs + newsMs - passedMs(clock);
    this.#plan(Math.max(0, Math.min(restMs, newsMs)) + Math.round(random() * 25));
  }

  /** Takes part no longer; the others hear of it at their next beat. Never rejects. */
  async close(): Promise<void> {
    const { store, owner, logger } = this.#parts;
    this.#isClosed = true;
    this.#next.clear();
    await this.#beating;
    try {
      await store.subscriptions.leave(this.#subscription, owner);
    } catch (error) {
      const subscription = this.#subscription;
      logger.warn('A subscription could not be left; that ends by itself.', {
        subscription,
        error,
      });
    }
  }

  #plan(delayMs: number): void {
    if (!this.#isClosed) this.#next.set(delayMs);
  }

  async #join(): Promise<void> {
    const { store, clock, owner, logger, leaseDurationMs: durationMs } = this.#parts;
    const subscription = this.#subscription;
    const now = clock.now();
    this.#lastBeatMs = passedMs(clock);
    try {
      const isRunning = () => !this.#isClosed;
      const request = { subscription, owner, now, durationMs, isRunning };
      const members = await store.subscriptions.join(request);
      this.#members = members.includes(owner) ? members : [owner];
    } catch (error) {
      logger.warn('Who takes part in a subscription could not be looked up.', {
        subscription,
        error,
      });
    }
    this.#beating = undefined;
    if (!this.#isClosed) this.#onBeat();
  }
}
