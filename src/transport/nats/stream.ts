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

/** Finds the stream, or creates it. Rejects when it is one in which messages could get lost. */
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
      throw refused(`no JetStream at ${link.place}; start the server with it (\`-js\`).`, error);
    }
    const isMissing = isNotFound(error);
    if (isMissing && settings.createStream && !settings.receiveOnly) {
      return createStream(link, settings);
    }
    const hint = isMissing ? '; create it first, or set `createStream`' : '';
    throw toTransportError(error, `stream ${stream} on ${link.place}${hint}`);
  }
}

/** Servers may fail for a moment, as 2.9 does while another stream, the only one, is deleted. */
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
    // When it is full, publishing waits: nothing old is thrown away to take something new in.
    discard: DiscardPolicy.New,
    max_bytes: maximumBytes ?? -1,
    max_age: nanos(maximumAgeMs ?? 0),
    // The server refuses to remember ids for longer than messages.
    duplicate_window: nanos(Math.min(deduplicationWindowMs, maximumAgeMs ?? Infinity)),
  };
}

/** Whether what the settings ask for is published in safety. */
function checkStream(config: StreamConfig, settings: NatsSettings): void {
  const wrong = defects(config, settings);
  if (wrong.length === 0) return;
  throw refused(
    `stream ${config.name} could lose messages: ${wrong.join('; ')}. ` +
      'Change the stream or the option, or use a stream of its own.',
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
      'retention `interest` drops what no consumer waits for; `limits` keeps it',
    ],
    [
      retention === RetentionPolicy.Workqueue,
      'retention `workqueue` drops what was acked, by which stale publishers are told; use `limits`',
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
