import { setImmediate as turn } from 'node:timers/promises';
import { OrderchartError } from '../../src/errors.ts';
import type { TransportProvision } from '../../src/testing/transport-conformance/index.ts';
import type {
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../../src/transport/transport.ts';
import {
  copyOf,
  deadlineMs,
  ReferenceBroker,
  ReferenceConsumption,
  unavailable,
} from './reference-broker.ts';

export {
  copyOf,
  type Entry,
  ReferenceBroker,
  type ReferenceConsumption,
  unavailable,
} from './reference-broker.ts';

// A transport without a known fault, for a broker in memory: what the mutants are made of.

/** What the reference can do. */
export const referenceFeatures: TransportFeatures = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: true,
  redelivers: true,
  tellsFirstDelivery: true,
  delays: true,
  concurrentConsumers: true,
  maximumBodyBytes: 1_000,
};

/** A transport without a known fault. */
function createReferenceTransport(broker: ReferenceBroker): Transport {
  let isOpen = false;
  const consumptions: Consumption[] = [];
  const check = () => {
    if (!isOpen) throw new OrderchartError('transportClosed', 'The transport is not open.');
  };
  return {
    name: 'reference',
    features: referenceFeatures,
    open: async () => {
      if (!broker.isReachable) throw unavailable();
      isOpen = true;
    },
    publish: async (messages) => {
      check();
      return Promise.all(messages.map((message) => publishOne(broker, copyOf(message))));
    },
    consume: async (options) => {
      check();
      const consumption = new ReferenceConsumption(broker, options);
      consumptions.push(consumption);
      await turn();
      consumption.subscribe();
      return consumption;
    },
    close: async () => {
      isOpen = false;
      await Promise.all([...consumptions].map((consumption) => consumption.close()));
    },
  };
}

async function publishOne(
  broker: ReferenceBroker,
  message: TransportMessage,
): Promise<PublishResult> {
  if (message.body.length > 1_000) return { status: 'refused', reason: 'More than 1000 bytes.' };
  const epoch = broker.connectionEpoch;
  const isBroken = () => !broker.isReachable || epoch !== broker.connectionEpoch;
  await turn();
  if (isBroken()) return { status: 'failed', error: unavailable() };
  broker.store(message);
  await turn();
  // The broker has it, but the answer was lost.
  return isBroken() ? { status: 'failed', error: unavailable() } : { status: 'published' };
}

/** A transport that cannot be opened. */
export function createUnopenableTransport(code: 'transportUnavailable' | 'transportRefused') {
  const open = async () => {
    throw new OrderchartError(code, 'The broker of the reference transport cannot be used.');
  };
  return { ...createReferenceTransport(new ReferenceBroker()), open };
}

/** The secret of those transports. */
export const secret = 'correct-horse-battery';

/** What the conformance suite takes. */
export function createReference() {
  const broker = new ReferenceBroker();
  return {
    broker,
    transport: createReferenceTransport(broker),
    again: () => createReferenceTransport(broker),
    breakConnection: async () => broker.cut(),
    interrupt: async () => {
      const restore = broker.interrupt();
      return async () => restore();
    },
    restartBroker: async () => broker.restart(),
    deadlineMs,
    wrongAddress: () => unopenable('transportUnavailable'),
    wrongCredentials: () => unopenable('transportRefused'),
    secrets: [secret],
  };
}

const unopenable = (code: Parameters<typeof createUnopenableTransport>[0]) => ({
  transport: createUnopenableTransport(code),
  secrets: [secret],
});

export const referenceProvides: readonly TransportProvision[] = [
  'again',
  'breakConnection',
  'interrupt',
  'restartBroker',
  'deadlineMs',
  'wrongAddress',
  'wrongCredentials',
  'secrets',
];
