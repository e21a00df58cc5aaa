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
 * See `startPublishing`. It is a subscription, so `name`, `from` and `types` are those of `subscribe`;
 * `concurrency` is 256 when left out, because publishing is waiting for the broker, and `retry`
 * waits for 10 seconds at most.
 */
export interface PublishOptions<Events, Selector>
  extends Omit<SubscribeOptions<never, Events, Selector>, 'handler'> {
  /** Where to. The engine opens it, and closes it when it closes itself. */
  readonly transport: Transport;
  /** How an event is written: `binary` (the default) has its attributes in headers, `structured` in the body. */
  readonly mode?: CloudEventMode | undefined;
  /** The CloudEvents attribute `source`, a URI reference such as `/orders`; `orderchart` when left out. */
  readonly source?: string | undefined;
  /**
   * Messages in one call of the transport at most; 256 when left out. A call is answered as a
   * whole, so where each message takes its own time (webhooks), 1 keeps slow ones from holding up
   * the others.
   */
  readonly maximumBatchSize?: number | undefined;
}

/** The options with nothing left out. */
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

/** Checks the options of `startPublishing` and fills in the rest. */
export function publishSettings(options: unknown): PublishSettings {
  const checked = checkArgument(optionsSchema, options, 'options of publish');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}

/** The options of the subscription whose handler publishes. */
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
    // A host's own ids, for one, may be nothing that a broker could carry; that will not change.
    throw new PermanentHandlerError('The event cannot be written as a message.', { cause });
  }
}
