import type { OrderEvent } from '../../order/envelope.ts';
import type { ConsumerParts } from './parts.ts';

/** Logs what became of an event, with the fields that identify it. */
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
