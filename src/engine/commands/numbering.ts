import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { idSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import type { TaskRequest } from './task.ts';

/** Where a host's numbers for people come from, for orders that are placed without one. */
export interface OrderNumbers {
  /**
   * The next number of a tenant, 1 to 128 printable characters, never given twice: a number that
   * is taken makes the order be refused. Numbers may be left out, where the order is refused or
   * was placed before. May ask a database; until it answers, the order waits and others go on.
   *
   * @example
   * const numbers = { next: (tenantId, now) => `SO-${new Date(now).getUTCFullYear()}-${sequence()}` };
   */
  next(tenantId: string, now: Timestamp): string | Promise<string>;
}

/** Whether the request places an order for which nobody has chosen a number. */
export function wantsNumber({ work }: TaskRequest): boolean {
  if (work.kind !== 'command') return false;
  return work.command.type === 'order.place' && work.command['number'] === undefined;
}

/** The request with a number of the generator's. The caller's fingerprint stays what it was. */
export async function numbered(
  request: TaskRequest,
  numbers: OrderNumbers,
  now: Timestamp,
): Promise<TaskRequest> {
  if (request.work.kind !== 'command') return request;
  const number = checked(await ask(numbers, request.tenantId, now));
  return { ...request, work: { kind: 'command', command: { ...request.work.command, number } } };
}

async function ask(numbers: OrderNumbers, tenantId: string, now: Timestamp): Promise<unknown> {
  try {
    return await numbers.next(tenantId, now);
  } catch (cause) {
    if (isOrderchartError(cause)) throw cause;
    throw new OrderchartError(
      'numberUnavailable',
      "The host's order numbers could not give one; nothing was written. See the cause, and repeat.",
      { cause },
    );
  }
}

function checked(number: unknown): string {
  const result = idSchema.safeParse(number);
  if (result.success) return result.data;
  throw new OrderchartError(
    'numberUnavailable',
    "The host's order numbers gave something that is not 1 to 128 printable characters.",
    { details: { type: typeof number } },
  );
}
