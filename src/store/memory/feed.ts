import { OrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import type { FeedEntry } from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import { firstIndex } from './sorted-list.ts';

/** One position of the feed; a purge removes the event from it. */
export interface FeedPlace {
  readonly position: number;
  /** The latest `recordedAt` up to here: unlike the times themselves, it never decreases. */
  readonly latestRecordedAt: Timestamp;
  event: OrderEvent | undefined;
}

/** The event that a reader has read at a position; `eventId` is `undefined` if it no longer knows. */
export interface FeedMark {
  readonly position: number;
  readonly eventId: string | undefined;
}

export function historyChanged(): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    'The memory store has lost data that was read from it.',
  );
}

/** Purged places are dropped once they are at least this number, and half of all. */
const purgedCountMin = 1024;

/** The one partition of a memory store's feed. */
export class MemoryFeed {
  #places: FeedPlace[] = [];
  #purgedCount = 0;
  #end = 0;
  #latestRecordedAt = Number.NEGATIVE_INFINITY;

  get end(): number {
    return this.#end;
  }

  append(event: OrderEvent): FeedPlace {
    this.#end += 1;
    this.#latestRecordedAt = Math.max(this.#latestRecordedAt, event.recordedAt);
    const place = { position: this.#end, latestRecordedAt: this.#latestRecordedAt, event };
    this.#places.push(place);
    return place;
  }

  read(after: number, limit: number, maximumBytes?: number): readonly FeedEntry[] {
    const entries: FeedEntry[] = [];
    let index = firstIndex(this.#places, (place) => place.position > after);
    for (; index < this.#places.length && entries.length < limit; index += 1) {
      const { position, event } = this.#places[index] as FeedPlace;
      if (event !== undefined) entries.push({ partition: 0, position, event });
    }
    return boundedPage(entries, ({ event }) => event.data, maximumBytes);
  }

  /** Whether the event that a reader has read at `position` is still there, or was purged. */
  hasSeen({ position, eventId }: FeedMark): boolean {
    if (position > this.#end) return false;
    const place = this.#places[firstIndex(this.#places, (one) => one.position >= position)];
    const event = place?.position === position ? place.event : undefined;
    return event === undefined || eventId === undefined || event.id === eventId;
  }

  positionAt(time: Timestamp): number {
    // The latest time so far reaches `time` at the first event recorded at or after it.
    let index = firstIndex(this.#places, (place) => place.latestRecordedAt >= time);
    for (; index < this.#places.length; index += 1) {
      const { position, event } = this.#places[index] as FeedPlace;
      if (event !== undefined && event.recordedAt >= time) return position - 1;
    }
    return this.#end;
  }

  purge(places: readonly FeedPlace[]): void {
    for (const place of places) place.event = undefined;
    this.#purgedCount += places.length;
    if (this.#purgedCount < purgedCountMin || this.#purgedCount * 2 < this.#places.length) return;
    this.#places = this.#places.filter((place) => place.event !== undefined);
    this.#purgedCount = 0;
  }
}
