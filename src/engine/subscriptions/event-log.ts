import type { OrderEvent } from '../../order/envelope.ts';
import type { ConsumerParts } from './parts.ts';

/** Says what became of an event, and whose and which one it was. */
export type EventLog = (
  level: 'warn' | 'error',
  message: string,
  item: { readonly event: OrderEvent; readonly attempts: number },
  error: unknown,
) => void;

export function eventLog({ logger, settings }: ConsumerParts): EventLog {
  const { name: subscription } = settings;
  return (level, message, { event, attempts }, error) => {
    const { id: eventId, type, tenantId, orderId } = event;
    logger[level](message, { subscription, eventId, type, tenantId, orderId, attempts, error });
  };
}
