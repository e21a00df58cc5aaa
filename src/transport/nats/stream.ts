import { setTimeout as pause } from 'node:timers/promises';
import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { isJetStreamOff, isNotFound, refused, toTransportError } from './errors.ts';
import type { Link } from './link.ts';
import type { NatsSettings } from './options.ts';
import { covers } from './subject.ts';

const maximumAttempts = 3;

/** Finds the stream, or creates it. Rejects a stream that could lose messages. */
export async function ensureStream(link: Link, settings: NatsSettings): Promise<void> {
  const info = await findStream(link, settings);
  if (!settings.receiveOnly) checkStream(info.config, settings);
}

async function findStream(link: Link, settings: NatsSettings): Promise<StreamInfo> {
  const { stream } = settings;
  try {
    return await link.run(({ manager }) => manager.streams.info(stream));
  } catch (error) {
    if (isJetStreamOff(error)) {
      throw refused(
        `JetStream is not enabled at ${link.place}. Start the server with \`-js\`.`,
        error,
      );
    }
    const isMissing = isNotFound(error);
    if (isMissing && settings.createStream && !settings.receiveOnly) {
      return createStream(link, settings);
    }
    const hint = isMissing ? '; create it first, or set `createStream`' : '';
    throw toTransportError(error, `stream ${stream} on ${link.place}${hint}`);
  }
}

/**
 * Retries, because servers may fail for a moment, as 2.9 does while its only other stream is
 * deleted.
 */
async function createStream(link: Link, settings: NatsSettings, attempt = 1): Promise<StreamInfo> {
  try {
    return await link.run(({ manager }) => manager.streams.add(streamConfig(settings)));
  } catch (cause) {
    const what = `cannot create stream ${settings.stream} on ${link.place}`;
    const error = toTransportError(cause, what);
    if (!error.retryable || attempt === maximumAttempts) throw error;
    await pause(100);
    return createStream(link, settings, attempt + 1);
  }
}

function streamConfig(settings: NatsSettings): Partial<StreamConfig> & { name: string } {
  const { maximumAgeMs, maximumBytes, deduplicationWindowMs } = settings;
  return {
    name: settings.stream,
    subjects: [`${settings.subject}.*`],
    retention: RetentionPolicy.Limits,
    storage: settings.storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: settings.replicas,
    // When the stream is full, publishing waits. Old messages are never dropped for new ones.
    discard: DiscardPolicy.New,
    max_bytes: maximumBytes ?? -1,
    max_age: nanos(maximumAgeMs ?? 0),
    // The server does not allow ids to outlive messages.
    duplicate_window: nanos(Math.min(deduplicationWindowMs, maximumAgeMs ?? Infinity)),
  };
}

/** Checks that messages published with these settings cannot be lost. */
function checkStream(config: StreamConfig, settings: NatsSettings): void {
  const wrong = defects(config, settings);
  if (wrong.length === 0) return;
  throw refused(
    `stream ${config.name} could lose messages: ${wrong.join('; ')}. ` +
      'Change the stream or the option, or use a separate stream.',
  );
}

function defects(config: StreamConfig, { subject, storage }: NatsSettings): readonly string[] {
  const { subjects = [], retention, no_ack: noAck, max_msgs_per_subject: perSubject } = config;
  const checks: readonly [boolean, string][] = [
    [
      !subjects.some((each) => covers(each, `${subject}.*`)),
      `its subjects do not take ${subject}.* (\`subject\`)`,
    ],
    [
      retention === RetentionPolicy.Interest,
      'retention `interest` drops messages without a consumer; use `limits`',
    ],
    [
      retention === RetentionPolicy.Workqueue,
      'retention `workqueue` drops acked messages, which the fence needs; use `limits`',
    ],
    [perSubject > 0, `it keeps ${perSubject} messages of an order (max_msgs_per_subject); use -1`],
    [noAck === true, 'it confirms nothing (no_ack)'],
    [config.sealed === true, 'it is sealed'],
    [
      storage === 'file' && config.storage === StorageType.Memory,
      'it is kept in memory, which a restart empties (`storage`)',
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, text]) => text);
}
