import type { Timestamp } from '../../order/values.ts';
import type { JoinRequest } from '../store.ts';
import { compareText } from './sorted-list.ts';

interface Member {
  readonly joinedAt: Timestamp;
  expiresAt: Timestamp;
}

/** The members and the filter of each subscription. */
export class Members {
  readonly #members = new Map<string, Map<string, Member>>();
  /** How to ask whether owners still run: those that joined and have not left. */
  readonly #owners = new Map<string, Map<string, () => boolean>>();
  readonly #filters = new Map<string, string>();

  claimFilter(subscription: string, filter: string, replacing?: string): string {
    const present = this.#filters.get(subscription);
    if (present !== undefined && present !== replacing) return present;
    this.#filters.set(subscription, filter);
    return filter;
  }

  join({ subscription, owner, now, durationMs, isRunning }: JoinRequest): readonly string[] {
    if (isRunning !== undefined) {
      const owners = this.#owners.get(subscription) ?? new Map<string, () => boolean>();
      this.#owners.set(subscription, owners.set(owner, isRunning));
    }
    const members = this.#at(subscription, now);
    const member = members.get(owner);
    const expiresAt = now + durationMs;
    if (member === undefined) members.set(owner, { joinedAt: now, expiresAt });
    else member.expiresAt = expiresAt;
    this.#members.set(subscription, members);
    return [...members]
      .sort(([one, { joinedAt }], [other, member]) => {
        return joinedAt - member.joinedAt || compareText(one, other);
      })
      .map(([name]) => name);
  }

  leave(subscription: string, owner: string): void {
    this.#members.get(subscription)?.delete(owner);
    this.#owners.get(subscription)?.delete(owner);
  }

  /** Whether there is a member at `now`, or an expired one that still runs. */
  areThere(subscription: string, now: Timestamp): boolean {
    const owners = this.#owners.get(subscription)?.values() ?? Iterator.from([]);
    return owners.some((isRunning) => isRunning()) || this.#at(subscription, now).size > 0;
  }

  remove(subscription: string): void {
    this.#members.delete(subscription);
    this.#owners.delete(subscription);
    this.#filters.delete(subscription);
  }

  /** Returns the members at `now`. */
  #at(subscription: string, now: Timestamp): Map<string, Member> {
    const members = this.#members.get(subscription) ?? [];
    return new Map([...members].filter(([, { expiresAt }]) => expiresAt > now));
  }
}
