import type { DueOrder } from 'orderchart';
import { TimerFailures } from '../../src/engine/timers/timer-failures.ts';
import { OrderchartError } from '../../src/errors.ts';
import { createMovableClock } from '../../src/testing/clock.ts';

export const due = (orderId: string, dueAt = 10, name = 'a.b.c', tenantId = 't'): DueOrder => ({
  tenantId,
  orderId,
  deadline: { name, dueAt },
});
export const many = (count: number, prefix = 'order') =>
  Array.from({ length: count }, (_, index) => due(`${prefix}-${String(index).padStart(5, '0')}`));
export const ids = (dues: readonly DueOrder[]) => dues.map(({ orderId }) => orderId);

export function failuresWith(random = 0) {
  const clock = createMovableClock();
  const lines: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const error = (message: string, fields: Readonly<Record<string, unknown>>) =>
    void lines.push({ message, fields });
  const nothing = () => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error };
  return { clock, lines, failures: new TimerFailures({ clock, logger, random: () => random }) };
}

/** What a store throws that cannot be reached. */
export const away = () => new OrderchartError('storeUnavailable', 'away');
