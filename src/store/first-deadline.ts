import type { Deadline, Timestamp } from '../order/values.ts';

/**
 * The earliest of an order's deadlines, of their JSON. Where that is damaged, one without a name:
 * see `due` of the port.
 *
 * @param dueAt What the store itself keeps to find due orders by.
 */
export function firstDeadline(text: string, dueAt: Timestamp): Deadline {
  const deadline = firstOf(text);
  if (typeof deadline?.['name'] === 'string' && deadline['dueAt'] === dueAt) {
    return { name: deadline['name'], dueAt };
  }
  return { name: '', dueAt };
}

function firstOf(text: string): Record<string, unknown> | undefined {
  try {
    const deadlines: unknown = JSON.parse(text);
    return Array.isArray(deadlines) ? deadlines[0] : undefined;
  } catch {
    return undefined;
  }
}
