import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, DuePosition } from '../../store/store.ts';
import { laneKey } from '../kernel/keys.ts';

/** The position of a deadline in the order of due deadlines. */
function positionOf({ tenantId, orderId, deadline: { dueAt } }: DueOrder): DuePosition {
  return { dueAt, tenantId, orderId };
}

/** The progress of a walk over the due deadlines, page by page. */
export class DueWalk {
  #after: DuePosition | undefined;
  #isWhole = true;
  #skipped: { readonly after: DuePosition | undefined } | undefined;
  #forgotten = 0;
  /** The orders that were tried on the present page. */
  readonly #tried = new Set<string>();

  /** The next page starts after this position; `undefined` at the beginning. */
  get after(): DuePosition | undefined {
    return this.#after;
  }

  /** Whether the walk started at the beginning. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether it passed deadlines that another engine is to fire. */
  get hasSkipped(): boolean {
    return this.#skipped !== undefined;
  }

  /** How many failures it met that are not remembered individually. */
  get forgotten(): number {
    return this.#forgotten;
  }

  hasTried({ tenantId, orderId }: DueOrder): boolean {
    return this.#tried.has(laneKey(tenantId, orderId));
  }

  /**
   * Notes which deadlines were tried, so that this walk does not try them again when it reads the
   * same page once more.
   *
   * @param forgotten How many of them failed and are not remembered individually.
   */
  note(chosen: readonly DueOrder[], forgotten: number): void {
    this.#forgotten += forgotten;
    for (const { tenantId, orderId } of chosen) this.#tried.add(laneKey(tenantId, orderId));
  }

  /** Passes a deadline of the page that another engine is to fire. */
  skip(page: readonly DueOrder[], due: DueOrder): void {
    if (this.#skipped !== undefined) return;
    const before = page[page.indexOf(due) - 1];
    this.#skipped = { after: before === undefined ? this.#after : positionOf(before) };
  }

  /** Ends a page. */
  turn(page: readonly DueOrder[]): void {
    const last = page.at(-1);
    if (last !== undefined) this.#after = positionOf(last);
    this.#tried.clear();
  }

  /** Ends a look; the next one continues from the first skipped deadline, or from here. */
  rest(): void {
    if (this.#skipped !== undefined) this.#after = this.#skipped.after;
    this.#skipped = undefined;
    this.#forgotten = 0;
    this.#isWhole = this.#after === undefined;
  }

  /**
   * Goes back to the deadlines due at `dueAt` or later: to the beginning for negative infinity, and
   * nowhere for infinity.
   */
  goBackTo(dueAt: Timestamp): void {
    if (dueAt === Number.NEGATIVE_INFINITY) {
      // A store cannot be asked for an infinite time.
      this.restart();
      return;
    }
    if (this.#after === undefined || this.#after.dueAt < dueAt) return;
    // No id is empty, so this position is before every order.
    this.#after = { dueAt, tenantId: '', orderId: '' };
  }

  /** Starts again at the beginning. */
  restart(): void {
    this.#after = undefined;
    this.#isWhole = true;
  }
}
