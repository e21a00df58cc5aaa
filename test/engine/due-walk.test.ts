import { expect, it } from 'vitest';
import { DueWalk } from '../../src/engine/timers/due-walk.ts';
import type { DueOrder } from '../../src/store/store.ts';

const dueAt = (time: number): DueOrder => ({
  tenantId: 'default',
  orderId: `order-${time}`,
  deadline: { name: 'unpaid', dueAt: time },
});

it('a walk that goes back goes to a time that a store can be asked for, or to the beginning', () => {
  const walk = new DueWalk();
  walk.turn([dueAt(1000), dueAt(2000)]);
  walk.goBackTo(1500);
  expect(walk.after).toEqual({ dueAt: 1500, tenantId: '', orderId: '' });
  walk.goBackTo(Number.NEGATIVE_INFINITY);
  expect(walk.after).toBeUndefined();
  expect(walk.isWhole).toBe(true);
});
