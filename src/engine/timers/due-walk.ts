import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, DuePosition } from '../../store/store.ts';
import { laneKey } from '../kernel/keys.ts';

/** Where in the order of due deadlines one stands. */
function positionOf({ tenantId, orderId, deadline: { dueAt } }: DueOrder): DuePosition {
  return { dueAt, tenantId, orderId };
}

/** How far a walk over what is due has come, page by page; what it leaves behind stays there. */
export class DueWalk {
  #after: DuePosition | undefined;
  #isWhole = true;
  #skipped: { readonly after: DuePosition | undefined } | undefined;
  #forgotten = 0;
  /** On the page that the walk is at. */
  readonly #tried = new Set<string>();

  /** The next page begins after this; `undefined` at the beginning. */
  get after(): DuePosition | undefined {
    return this.#after;
  }

  /** Whether it began at the beginning. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether it went past deadlines that are another engine's to fire. */
  get hasSkipped(): boolean {
    return this.#skipped !== undefined;
  }

  /** How many failures it met that are not remembered one by one. */
  get forgotten(): number {
    return this.#forgotten;
  }

  hasTried({ tenantId, orderId }: DueOrder): boolean {
    return this.#tried.has(laneKey(tenantId, orderId));
  }

  /**
   * They were tried, and are not tried again by this walk: when the same page is asked for once
   * more, one that is still on it would come again and again.
   *
   * @param forgotten How many of them failed and are remembered nowhere else.
   */
  note(chosen: readonly DueOrder[], forgotten: number): void {
    this.#forgotten += forgotten;
    for (const { tenantId, orderId } of chosen) this.#tried.add(laneKey(tenantId, orderId));
  }

  /** Goes past one that is on the page, but somebody else's. */
  skip(page: readonly DueOrder[], due: DueOrder): void {
    if (this.#skipped !== undefined) return;
    const before = page[page.indexOf(due) - 1];
    this.#skipped = { after: before === undefined ? this.#after : positionOf(before) };
  }

  /** The page is dealt with. */
  turn(page: readonly DueOrder[]): void {
    const last = page.at(-1);
    if (last !== undefined) this.#after = positionOf(last);
    this.#tried.clear();
  }

  /** Goes on from here at the next look, from the first one that it skipped if there was one. */
  rest(): void {
    if (this.#skipped !== undefined) this.#after = this.#skipped.after;
    this.#skipped = undefined;
    this.#forgotten = 0;
    this.#isWhole = this.#after === undefined;
  }

  /**
   * Begins anew with all that is due at `dueAt` or later; at the beginning for no time at all, and
   * not at all for a time that never comes.
   */
  goBackTo(dueAt: Timestamp): void {
    if (dueAt === Number.NEGATIVE_INFINITY) {
      // That is no time that a store could be asked for.
      this.restart();
      return;
    }
    if (this.#after === undefined || this.#after.dueAt < dueAt) return;
    // No id is empty, so this stands before every order.
    this.#after = { dueAt, tenantId: '', orderId: '' };
  }

  /** Begins at the beginning: nothing is left behind. */
  restart(): void {
    this.#after = undefined;
    this.#isWhole = true;
  }
}
