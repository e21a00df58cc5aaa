import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { isNotFound, refused, toTransportError } from './errors.ts';
import type { Link } from './link.ts';
import type { NatsSettings } from './options.ts';

/** What a consumption requires of its durable consumer. */
export interface ConsumerNeeds {
  readonly consumer: string;
  /** The most messages in flight in this process. The server must allow that many. */
  readonly maximumInFlight: number;
}

/** Finds the durable consumer, or creates it. */
export async function ensureConsumer(
  link: Link,
  settings: NatsSettings,
  needs: ConsumerNeeds,
): Promise<ConsumerInfo> {
  const what = `consumer ${needs.consumer} of stream ${settings.stream} on ${link.place}`;
  try {
    const found = await findConsumer(link, settings, needs.consumer);
    const info = found ?? (await addConsumer(link, settings, needs));
    checkConsumer(info.config, settings);
    await widen(link, settings, info.config, needs);
    return info;
  } catch (error) {
    throw toTransportError(error, what);
  }
}

async function findConsumer(
  link: Link,
  { stream }: NatsSettings,
  consumer: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await link.run(({ manager }) => manager.consumers.info(stream, consumer));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function addConsumer(
  link: Link,
  settings: NatsSettings,
  needs: ConsumerNeeds,
): Promise<ConsumerInfo> {
  const { stream, filterSubject, deliverFrom } = settings;
  return link.run(({ manager }) =>
    manager.consumers.add(stream, {
      durable_name: needs.consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: deliverFrom === 'start' ? DeliverPolicy.All : DeliverPolicy.New,
      filter_subject: filterSubject,
      max_deliver: -1,
      ...limits(settings, needs),
    }),
  );
}

function limits(settings: NatsSettings, { maximumInFlight }: ConsumerNeeds) {
  return {
    ack_wait: nanos(settings.ackWaitMs),
    max_ack_pending: Math.max(settings.maximumAckPending, maximumInFlight),
  };
}

/** A consumer with this name may exist for another purpose. */
function checkConsumer(config: ConsumerConfig, { filterSubject }: NatsSettings): void {
  const { durable_name: name, ack_policy: policy, deliver_subject: target } = config;
  const filter = config.filter_subject || '>';
  const wrong = [
    target === undefined ? '' : 'it pushes instead of being pulled',
    policy === AckPolicy.Explicit ? '' : `its ack policy is ${policy} instead of explicit`,
    filter === filterSubject ? '' : `it takes ${filter} instead of ${filterSubject}`,
    (config.max_deliver ?? -1) > 0 ? 'it drops a message after some deliveries (max_deliver)' : '',
  ].filter((text) => text !== '');
  if (wrong.length === 0) return;
  throw refused(
    `consumer ${name} exists with other settings: ${wrong.join('; ')}. Choose another name.`,
  );
}

/**
 * Sets the ack wait of the options. The number of messages in flight is only raised, never lowered.
 */
async function widen(
  link: Link,
  settings: NatsSettings,
  config: ConsumerConfig,
  needs: ConsumerNeeds,
): Promise<void> {
  const wanted = limits(settings, needs);
  const pending = config.max_ack_pending ?? -1;
  const isEnough = pending < 0 || pending >= wanted.max_ack_pending;
  if (isEnough && config.ack_wait === wanted.ack_wait) return;
  await link.run(({ manager }) =>
    manager.consumers.update(settings.stream, needs.consumer, {
      ack_wait: wanted.ack_wait,
      ...(isEnough ? {} : { max_ack_pending: wanted.max_ack_pending }),
    }),
  );
}
