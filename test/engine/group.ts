import type { OrderEngine, OrderStore, Subscription } from 'orderchart';
import { createMovableClock, type MovableClock } from 'orderchart/testing';
import { place, type TestEngine, testEngine } from './kit.ts';
import { partitionedStore } from './partitioned-store.ts';

export const leaseDurationMs = 15_000;
export const partitions = 16;

/** What handlers were told, by whom, in this order. */
export interface Told {
  readonly by: number;
  readonly orderId: string;
  readonly version: number;
}

/** Engines on one store and one clock, all of which run the same subscription. */
export class Group {
  readonly clock: MovableClock = createMovableClock();
  readonly store: OrderStore;
  readonly told: Told[] = [];
  readonly members: (TestEngine & { readonly subscription: Subscription })[] = [];
  /** What handlers do besides. */
  handle: (told: Told) => Promise<void> | void = () => {};

  constructor(store: OrderStore = partitionedStore(partitions)) {
    this.store = store;
  }

  async join(store: OrderStore = this.store): Promise<OrderEngine> {
    const by = this.members.length;
    // Those who join at the same moment come by name, which is random.
    this.clock.advanceBy(1);
    const member = await testEngine({ store, clock: this.clock, leaseDurationMs });
    const subscription = await member.engine.subscribe({
      name: 'mailer',
      from: 'beginning',
      handler: async ({ orderId, version }) => {
        await this.handle({ by, orderId, version });
        this.told.push({ by, orderId, version });
      },
    });
    this.members.push({ ...member, subscription });
    return member.engine;
  }

  /** Lets time pass as a real clock would. */
  async pass(durationMs: number): Promise<void> {
    const settle = async () => {
      for (const { engine } of this.members) await engine.idle();
    };
    await this.clock.runTo(this.clock.now() + durationMs, settle);
  }

  partitionsOf(by: number): readonly number[] {
    return (this.members[by]?.subscription.status().partitions ?? [])
      .filter(({ isOurs }) => isOurs)
      .map(({ partition }) => partition);
  }

  async placeAll(count: number, engine = this.members[0]?.engine): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, (_, index) => engine?.execute(place(`order-${index}`))),
    );
  }
}
