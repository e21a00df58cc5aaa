import type { Deadline, Timestamp } from '../../order/values.ts';
import type { DueOrder, DuePosition, OrderKey } from '../store.ts';
import { compareText, SortedList } from './sorted-list.ts';

interface DueItem extends DuePosition {
  readonly deadline: Deadline;
}

/** The earliest deadline of every order that has one, sorted by when it is due. */
export class MemoryDeadlines {
  readonly #items = new SortedList<DuePosition, DueItem>(compareDue);

  add({ tenantId, orderId }: OrderKey, deadline: Deadline): void {
    this.#items.add({ dueAt: deadline.dueAt, tenantId, orderId, deadline });
  }

  delete({ tenantId, orderId }: OrderKey, { dueAt }: Deadline): void {
    this.#items.delete({ dueAt, tenantId, orderId });
  }

  due(now: Timestamp, limit: number, after: DuePosition | undefined): DueOrder[] {
    const due: DueOrder[] = [];
    for (const item of this.#items.ascending(after)) {
      if (item.dueAt > now || due.length >= limit) break;
      if (after !== undefined && compareDue(item, after) === 0) continue;
      due.push({ tenantId: item.tenantId, orderId: item.orderId, deadline: item.deadline });
    }
    return due;
  }

  nextAfter(time: Timestamp | undefined): Timestamp | undefined {
    if (time === undefined) return this.#items.first?.dueAt;
    // No id is empty, so this sorts before every order that is due a millisecond later.
    const from = { dueAt: time + 1, tenantId: '', orderId: '' };
    return this.#items.ascending(from).next().value?.dueAt;
  }
}

function compareDue(one: DuePosition, other: DuePosition): number {
  return (
    one.dueAt - other.dueAt ||
    compareText(one.tenantId, other.tenantId) ||
    compareText(one.orderId, other.orderId)
  );
}
