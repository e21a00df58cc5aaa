import { z } from 'zod';
import type { OrderEvent } from '../../order/envelope.ts';
import {
  type OrderEventMessageOptions,
  orderEventMessage,
} from '../../transport/cloud-event/order-event.ts';
import type { CloudEventMode } from '../../transport/cloud-event.ts';
import type { Transport, TransportMessage } from '../../transport/transport.ts';
import { checkArgument, having } from '../contract/arguments.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import {
  type HandlerContext,
  retrySchema,
  type SubscribeOptions,
  type SubscriptionSettings,
  subscribeSchema,
} from '../subscriptions/options.ts';
import { PermanentHandlerError } from '../subscriptions/permanent-error.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import { PublishBatcher } from './publish-batcher.ts';

/**
 * The options of `startPublishing`. It is a subscription, so `name`, `from`, `types` and `upgrade`
 * are those of `subscribe`. `concurrency` defaults to 256, because publishing is mostly waiting for
 * the broker, and `retry` to delays from 100 ms up to 10 seconds.
 */
export interface PublishOptions<Events, Selector>
  extends Omit<SubscribeOptions<never, Events, Selector>, 'handler'> {
  /** Publishes the messages. The engine opens it, and closes it when the engine closes. */
  readonly transport: Transport;
  /**
   * How an event is written: `binary` puts its attributes into headers, `structured` into the body.
   * Default: `binary`.
   */
  readonly mode?: CloudEventMode | undefined;
  /** The CloudEvents attribute `source`: a URI reference such as `/orders`. Default: `orderchart`. */
  readonly source?: string | undefined;
  /**
   * Messages in one call of the transport at most, from 1 to 10,000. A call ends with its slowest
   * message, so where each takes its own time (webhooks), 1 keeps slow ones from holding up the
   * others. Default: 256.
   */
  readonly maximumBatchSize?: number | undefined;
}

/** The checked options, with their defaults. */
export type PublishSettings = Omit<SubscriptionSettings, 'handler'> & {
  readonly transport: Transport;
  readonly mode: CloudEventMode;
  readonly source: string;
  readonly maximumBatchSize: number;
};

export const transportSchema = having<Transport>('a Transport', 'open', 'publish', 'close');

const optionsSchema = subscribeSchema.omit({ handler: true }).extend({
  transport: transportSchema,
  mode: z.enum(['binary', 'structured']).default('binary'),
  source: z
    .string()
    .regex(/^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]{1,256}$/, 'must be a URI reference')
    .default('orderchart'),
  concurrency: z.int().min(1).max(10_000).default(256),
  retry: retrySchema(100, 10_000),
  maximumBatchSize: z.int().min(1).max(10_000).default(256),
});

/** Checks the options of `startPublishing` and fills in the defaults. */
export function publishSettings(options: unknown): PublishSettings {
  const checked = checkArgument(optionsSchema, options, 'options of startPublishing');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}

/** Returns the options of the subscription whose handler publishes. */
export function publishingSubscription(
  { transport: _, mode, source, maximumBatchSize, ...subscription }: PublishSettings,
  transport: GuardedTransport,
  counters: EngineCounters,
): SubscriptionSettings {
  const batcher = new PublishBatcher(transport, maximumBatchSize);
  const handler = async (event: OrderEvent, { signal, history }: HandlerContext) => {
    const result = await batcher.publish(messageOf(event, { mode, source, history }), signal);
    switch (result.status) {
      case 'published':
        counters.messagesPublished += 1;
        break;
      case 'refused':
        throw new PermanentHandlerError(`${transport.name} refused the message: ${result.reason}`);
      case 'failed':
        throw result.error;
    }
  };
  return { ...subscription, handler };
}

function messageOf(
  event: OrderEvent,
  options: Required<OrderEventMessageOptions>,
): TransportMessage {
  try {
    return orderEventMessage(event, options);
  } catch (cause) {
    // For example, the host's ids may have characters that no broker can carry; a retry is useless.
    throw new PermanentHandlerError('The event cannot be written as a message.', { cause });
  }
}
