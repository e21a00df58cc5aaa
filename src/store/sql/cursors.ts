import type { DuePosition, ListPosition } from '../store.ts';

/** Before every order that can be due: times are safe integers, and no id is empty. */
export const beforeAll: DuePosition = {
  dueAt: Number.MIN_SAFE_INTEGER,
  tenantId: '',
  orderId: '',
};

/** Newer than every order that can be listed: no time is this late. */
export const newest: ListPosition = { placedAt: 2 ** 53, orderId: '' };
