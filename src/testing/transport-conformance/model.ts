import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOrderchartError } from '../../errors.ts';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, assertInOrder, messageOf } from './given.ts';
import { persist, persistBatch } from './persist.ts';

/** One action of a run. */
type Step = (life: Life) => Promise<void>;

/** Draws a step. A counterexample shows the drawn values. */
function stepFrom<Drawn>(
  name: string,
  drawn: fc.Arbitrary<Drawn>,
  stepOf: (drawn: Drawn) => Step,
): fc.Arbitrary<Step> {
  return drawn.map((value) =>
    Object.assign(stepOf(value), {
      [fc.toStringMethod]: () => `${name} ${fc.stringify(value)}`,
    }),
  );
}

const keys = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 });
const maximumInFlight = fc.integer({ min: 1, max: 6 });

const quietSteps: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 5, arbitrary: stepFrom('publish', keys, (some) => (life) => life.publish(some)) },
  {
    weight: 1,
    arbitrary: stepFrom('publish again', fc.nat(9), (at) => (life) => life.publishAgain(at)),
  },
  { weight: 5, arbitrary: stepFrom('ack', fc.nat(9), (at) => (life) => life.ack(at)) },
  { weight: 2, arbitrary: stepFrom('nack', fc.nat(9), (at) => (life) => life.nack(at)) },
  {
    weight: 1,
    arbitrary: stepFrom('restart', maximumInFlight, (limit) => (life) => life.restart(limit)),
  },
];

const cutStep: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: stepFrom('cut', fc.constant(undefined), () => (life) => life.cut()),
};

/** The messages published and delivered in one run. */
class Life {
  readonly #context: TransportConformanceContext;
  readonly #name: string;
  readonly #published: TransportMessage[] = [];
  readonly #sequences = new Map<number, number>();
  /** In the order of their start. Only the last one may still be running. */
  readonly #consumers: Consumer[] = [];

  constructor(context: TransportConformanceContext, run: number) {
    this.#context = context;
    this.#name = `run-${run}`;
  }

  /** Publishes the next message of each of these keys. */
  async publish(some: readonly number[]): Promise<void> {
    const batch = some.map((number) => {
      const sequence = (this.#sequences.get(number) ?? 0) + 1;
      this.#sequences.set(number, sequence);
      const key = `${this.#name}/${number}`;
      return messageOf(number, { id: `${key}/${sequence}`, key, sequence });
    });
    this.#published.push(...batch);
    await persistBatch(this.#context, batch);
  }

  /** Publishes one of the latest messages again, as the engine does after a crash. */
  async publishAgain(at: number): Promise<void> {
    const message = this.#published.at(-1 - at);
    if (message) await persist(this.#context, message);
  }

  async ack(at: number): Promise<void> {
    const delivery = await this.#inFlight(at);
    if (delivery) void this.#consumers.at(-1)?.ack(delivery);
  }

  async nack(at: number): Promise<void> {
    const delivery = await this.#inFlight(at);
    if (delivery) void this.#consumers.at(-1)?.nack(delivery, at % 3);
  }

  /** Ends the consumer, even with deliveries in flight, and starts another one. */
  async restart(maximumInFlight: number): Promise<void> {
    await this.#end();
    await this.#context.eventually('`consume` succeeds', async () => {
      try {
        this.#consumers.push(await this.#context.consume({ maximumInFlight, handle: 'hold' }));
        return true;
      } catch (error) {
        // Right after a cut there may be no connection yet.
        if (!isOrderchartError(error, 'transportUnavailable')) throw error;
        return false;
      }
    });
  }

  cut(): Promise<void> {
    return this.#context.breakConnection();
  }

  /** Drains the remaining messages, and checks everything that arrived. */
  async finish(): Promise<void> {
    if (this.#consumers.length === 0) await this.restart(10);
    await this.#consumers.at(-1)?.drain(this.#left());
    await this.#end();
    this.#check();
  }

  async #end(): Promise<void> {
    await this.#consumers.at(-1)?.end();
    await this.#consumers.at(-1)?.settled();
  }

  /** Returns a delivery in flight. If there is none but messages remain, waits for one. */
  async #inFlight(at: number): Promise<Delivery | undefined> {
    const consumer = this.#consumers.at(-1);
    if (consumer === undefined || this.#left().length === 0) return undefined;
    await consumer.untilInFlight(1);
    const inFlight = [...consumer.inFlight];
    return inFlight[at % inFlight.length];
  }

  #left(): readonly TransportMessage[] {
    const isAcked = ({ id }: TransportMessage) =>
      this.#consumers.some(({ acked }) => acked.has(id));
    return this.#published.filter((message) => !isAcked(message));
  }

  #check(): void {
    // Ignore messages of earlier runs, which may be redelivered in this one.
    const arrived = this.#consumers
      .flatMap((consumer) => consumer.messages)
      .filter(({ key }) => key.startsWith(`${this.#name}/`));
    assertArrived(arrived, this.#published);
    if (this.#context.transport.features.ordered) assertInOrder(arrived);
    for (const { mostInFlight, maximumInFlight } of this.#consumers) {
      assert.ok(
        mostInFlight <= maximumInFlight,
        `${mostInFlight} in flight, ${maximumInFlight} allowed`,
      );
    }
  }
}

/** The time for all runs: with a slow broker there are fewer runs, instead of a failed case. */
const budgetMs = 20_000;

/** Runs many random sequences of steps, one after the other on the same place. */
async function liveMany(
  context: TransportConformanceContext,
  steps: readonly fc.WeightedArbitrary<Step>[],
): Promise<void> {
  let run = 0;
  const end = performance.now() + budgetMs;
  const isLate = () => performance.now() > end;
  const property = fc.asyncProperty(
    fc.array(fc.oneof(...steps), { maxLength: 30, size: 'max' }),
    async (sequence) => {
      if (isLate()) return;
      run += 1;
      const life = new Life(context, run);
      for (const step of sequence) {
        if (isLate()) break;
        await step(life);
      }
      await life.finish();
    },
  );
  // Do not shrink: all runs share one place, so runs after a failure would start from its state.
  const numRuns = fc.readConfigureGlobal()?.numRuns ?? 20;
  await fc.assert(property, { numRuns, endOnFailure: true });
}

export const modelCases = [
  ...casesOf('model', ['consumes', 'redelivers'], {
    'any sequence of actions delivers every message in order, and nothing else': (context) =>
      liveMany(context, quietSteps),
  }),

  ...casesOf('model', ['consumes', 'redelivers', 'breakConnection'], {
    'with connections cut at any moment, every message is delivered in order, and nothing else': (
      context,
    ) => liveMany(context, [...quietSteps, cutStep]),
  }),
];
