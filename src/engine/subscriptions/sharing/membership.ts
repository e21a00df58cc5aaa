import type { SubscriptionStore } from '../../../store/store.ts';
import type { Activity } from '../../kernel/activity.ts';
import { jitteredMs } from '../../kernel/backoff.ts';
import { type Clock, passedMs } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { SoonestTimer } from '../../kernel/soonest-timer.ts';
import { renewalMs } from './lease-keeper.ts';

/** The longest pause between two beats, which bounds how long a handover takes. */
const longestBeatMs = 1000;
/** The shortest pause between two beats, because the store may notify thousands of times a second. */
const newsMs = 250;

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
 * This process's membership in one subscription, renewed beat by beat, which also assigns the
 * partitions: with n members, partition p belongs to member p mod n. All members see the same list,
 * so they need no coordinator, and two try for the same lease for one beat at most.
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

  /** @param onBeat Called after every beat, whether the members changed or not. */
  constructor(parts: MembershipParts, subscription: string, onBeat: () => void) {
    this.#parts = parts;
    this.#subscription = subscription;
    this.#onBeat = onBeat;
    this.#members = [parts.owner];
    this.#next = new SoonestTimer(parts.clock, () => void this.beat());
  }

  /** Whether there are other members. */
  get isShared(): boolean {
    return this.#members.length > 1;
  }

  /** Whether the partition is assigned to this process. */
  owns(partition: number): boolean {
    return this.#members[partition % this.#members.length] === this.#parts.owner;
  }

  /** Renews the membership, and reads who else is a member. Never rejects. */
  beat(): Promise<void> {
    this.#next.clear();
    this.#beating ??= this.#parts.activity.during(this.#join());
    return this.#beating;
  }

  /** Schedules the next beat at its regular time. */
  beatLater(): void {
    const { leaseDurationMs, random } = this.#parts;
    const beatMs = Math.min(longestBeatMs, renewalMs(leaseDurationMs));
    this.#plan(jitteredMs(beatMs, random()));
  }

  /** Something has changed: beats soon, but neither in step with other members nor constantly. */
  beatSoon(): void {
    const { clock, random } = this.#parts;
    const restMs = this.#lastBeatMs + newsMs - passedMs(clock);
    this.#plan(Math.max(0, Math.min(restMs, newsMs)) + Math.round(random() * 25));
  }

  /** Ends the membership; the others notice at their next beat. Never rejects. */
  async close(): Promise<void> {
    const { store, owner, logger } = this.#parts;
    this.#isClosed = true;
    this.#next.clear();
    await this.#beating;
    try {
      await store.subscriptions.leave(this.#subscription, owner);
    } catch (error) {
      logger.warn('A subscription could not be left; its membership expires.', { error });
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
      logger.warn('The members of a subscription could not be read; trying again.', { error });
    }
    this.#beating = undefined;
    if (!this.#isClosed) this.#onBeat();
  }
}
