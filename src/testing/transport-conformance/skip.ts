import type { TransportFeatures } from '../../transport/transport.ts';
import type { TransportConformanceCase, TransportNeed, TransportProvision } from './case.ts';

/** The abilities of a transport and its factory. They select the cases. */
export interface TransportAbilities {
  /** The features that the transport declares. */
  readonly features: TransportFeatures;
  /** The provisions that the options of the suite name. */
  readonly provides?: readonly TransportProvision[];
}

/** A test cannot reach larger limits without filling the memory. */
const reachableBodyBytes = 16 * 1024 * 1024;

const missingFeature = {
  consumes: 'the transport only publishes',
  durable: 'the transport is not durable',
  ordered: 'the transport keeps no order',
  deduplicates: 'the transport does not deduplicate',
  redelivers: 'the transport does not redeliver',
  tellsFirstDelivery: 'the transport cannot recognize a first delivery',
  delays: 'the transport does not delay',
  concurrentConsumers: 'the broker takes one consumer at a time',
} as const;

/** Returns why a case does not apply, or `undefined` if it does. */
export function transportSkipReason(
  { needs }: TransportConformanceCase,
  abilities: TransportAbilities,
): string | undefined {
  return needs.map((need) => missingReason(need, abilities)).find((reason) => reason !== undefined);
}

function missingReason(
  need: TransportNeed,
  { features, provides = [] }: TransportAbilities,
): string | undefined {
  switch (need) {
    case 'consumes':
    case 'durable':
    case 'ordered':
    case 'deduplicates':
    case 'redelivers':
    case 'tellsFirstDelivery':
    case 'delays':
    case 'concurrentConsumers':
      return features[need] ? undefined : missingFeature[need];
    case 'arrivals':
      if (features.consumes || provides.includes('received')) return undefined;
      return 'the transport only publishes, and the factory provides no `received`';
    case 'repeats':
      return features.deduplicates ? 'the transport deduplicates' : undefined;
    case 'reachableLimit':
      if (features.maximumBodyBytes <= reachableBodyBytes) return undefined;
      return 'the transport carries more than a test can hold';
    default:
      return provides.includes(need) ? undefined : `the factory provides no \`${need}\``;
  }
}
