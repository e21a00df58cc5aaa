import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { idSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import type { TaskRequest } from './task.ts';

/** The source of order numbers for people, for orders placed without one: the option `numbers`. */
export interface OrderNumbers {
  /**
   * Returns the tenant's next number: 1 to 128 printable characters, unique within the tenant; a
   * number in use makes the rules refuse the order (`numberTaken`). A number is lost when its order
   * is refused, or was placed before. It may ask a database: the order waits, and others go on. If it
   * throws, or returns anything else, `execute` fails with `numberUnavailable`.
   *
   * @param now The current time, in milliseconds since the Unix epoch.
   *
   * @example
   * const numbers = { next: (tenantId, now) => `SO-${new Date(now).getUTCFullYear()}-${sequence()}` };
   */
  next(tenantId: string, now: Timestamp): string | Promise<string>;
}

/** Whether the request places an order without a number. */
export function wantsNumber({ work }: TaskRequest): boolean {
  if (work.kind !== 'command') return false;
  return work.command.type === 'order.place' && work.command['number'] === undefined;
}

/** Returns the request with the next number. Its fingerprint stays that of the caller's command. */
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
      'The option numbers failed to return an order number; nothing was written. See the cause, and try again.',
      { cause },
    );
  }
}

function checked(number: unknown): string {
  const result = idSchema.safeParse(number);
  if (result.success) return result.data;
  throw new OrderchartError(
    'numberUnavailable',
    'The option numbers must return an order number of 1 to 128 printable characters.',
    { details: { type: typeof number } },
  );
}
