import type { OrderEvent } from '../../order/envelope.ts';
import type { Logger } from '../kernel/logger.ts';

/** Adds the name of the subscription to everything that is logged. */
export function subscriptionLogger(logger: Logger, subscription: string): Logger {
  const add =
    (level: keyof Logger): Logger[typeof level] =>
    (message, fields) =>
      logger[level](message, { subscription, ...fields });
  return { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') };
}

/** Logs the outcome of an event, with the fields that identify it. */
export function eventLog({ logger }: { readonly logger: Logger }) {
  return (
    level: 'warn' | 'error',
    message: string,
    { event, attempts }: { readonly event: OrderEvent; readonly attempts: number },
    error: unknown,
  ): void => {
    const { id: eventId, type, tenantId, orderId } = event;
    logger[level](message, { eventId, type, tenantId, orderId, attempts, error });
  };
}
