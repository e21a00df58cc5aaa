import type { OrderEngine } from '../../../src/index.ts';
import { type BrokerAddress, transportTo } from './broker-address.ts';
import { type Trap, WatchedTransport } from './watched-transport.ts';

/** The name of the subscription that publishes. */
export const publicationName = 'broker';

/** How an engine process publishes. */
export interface PublishingOptions {
  readonly broker: BrokerAddress;
  /** Orders whose events are with the broker at the same time, at most. */
  readonly concurrency: number;
  /** It says `published` before the broker does: see WatchedTransport. */
  readonly lies?: boolean;
}

/** The most that a publisher had in flight: what bounds its memory. */
export interface PublishingPeaks {
  /** Messages that were given to the transport and not answered. */
  readonly messages: number;
  /** Events of one partition that were read and not done. */
  readonly events: number;
  /** Bytes on the heap. */
  readonly heap: number;
}

const noPeaks: PublishingPeaks = { messages: 0, events: 0, heap: 0 };

/** The highest of each. */
export function highestOf(all: readonly PublishingPeaks[]): PublishingPeaks {
  return all.reduce(
    (one, other) => ({
      messages: Math.max(one.messages, other.messages),
      events: Math.max(one.events, other.events),
      heap: Math.max(one.heap, other.heap),
    }),
    noPeaks,
  );
}

export interface Publishing {
  setTrap(trap: Trap): void;
  /** Looks for the last time. */
  end(): void;
}

/** Publishes all events, and tells again and again what the highest figures were so far. */
export async function startPublishing(
  engine: OrderEngine,
  { broker, concurrency, lies = false }: PublishingOptions,
  tell: (peaks: PublishingPeaks) => void,
): Promise<Publishing> {
  const transport = new WatchedTransport(await transportTo(broker), lies);
  const publication = await engine.startPublishing({
    name: publicationName,
    from: 'beginning',
    transport,
    concurrency,
    // A call is answered as a whole; a receiver of webhooks answers each request for itself.
    ...(broker.kind === 'webhook' ? { maximumBatchSize: 1 } : {}),
    retry: { initialDelayMs: 20, maximumDelayMs: 500 },
  });
  let peaks = noPeaks;
  const look = (): void => {
    const unfinished = publication.status().partitions.map((partition) => partition.unfinished);
    const { heapUsed: heap } = process.memoryUsage();
    peaks = highestOf([
      peaks,
      { messages: transport.highest, events: Math.max(0, ...unfinished), heap },
    ]);
    tell(peaks);
  };
  const timer = setInterval(look, 100);
  return {
    setTrap: (trap) => {
      transport.trap = trap;
    },
    end: () => {
      clearInterval(timer);
      look();
    },
  };
}
