import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, assertInOrder, messageOf } from './given.ts';
import { persist, persistBatch } from './persist.ts';

/** One thing that happens to the place. */
type Step = (life: Life) => Promise<void>;

/** Draws a step; a counterexample then shows what was drawn for it. */
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

/** What is published and what comes in one run. */
class Life {
  readonly #context: TransportConformanceContext;
  readonly #name: string;
  readonly #published: TransportMessage[] = [];
  readonly #sequences = new Map<number, number>();
  /** One after the other; the last one may be running. */
  readonly #consumers: Consumer[] = [];

  constructor(context: TransportConformanceContext, run: number) {
    this.#context = context;
    this.#name = `run-${run}`;
  }

  /** The next message of each of these keys. */
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

  /** One of the latest once more, as after a crash. */
  async publishAgain(at: number): Promise<void> {
    const message = this.#published.at(-1 - at);
    if (message) await persist(this.#context, message);
  }

  async ack(at: number): Promise<void> {
    const delivery = await this.#inHand(at);
    if (delivery) void this.#consumers.at(-1)?.ack(delivery);
  }

  async nack(at: number): Promise<void> {
    const delivery = await this.#inHand(at);
    if (delivery) void this.#consumers.at(-1)?.nack(delivery, at % 3);
  }

  /** Ends the consumer, whatever it has in hand, and begins another one. */
  async restart(maximumInFlight: number): Promise<void> {
    await this.#end();
    this.#consumers.push(await this.#context.consume({ maximumInFlight, handle: 'hold' }));
  }

  cut(): Promise<void> {
    return this.#context.breakConnection();
  }

  /** Takes all that is left, and looks at all that came. */
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

  /** A delivery in hand. When there is none, and something is left, one has to come. */
  async #inHand(at: number): Promise<Delivery | undefined> {
    const consumer = this.#consumers.at(-1);
    if (consumer === undefined || this.#left().length === 0) return undefined;
    await consumer.untilInHand(1);
    const inHand = [...consumer.inHand];
    return inHand[at % inHand.length];
  }

  #left(): readonly TransportMessage[] {
    const isAcked = ({ id }: TransportMessage) =>
      this.#consumers.some(({ acked }) => acked.has(id));
    return this.#published.filter((message) => !isAcked(message));
  }

  #check(): void {
    // What was acked in an earlier run may come again in this one; that is not its matter.
    const arrived = this.#consumers
      .flatMap((consumer) => consumer.messages)
      .filter(({ key }) => key.startsWith(`${this.#name}/`));
    assertArrived(arrived, this.#published);
    if (this.#context.transport.features.ordered) assertInOrder(arrived);
    for (const { mostInHand, maximumInFlight } of this.#consumers) {
      assert.ok(mostInHand <= maximumInFlight, `${mostInHand} in hand, ${maximumInFlight} allowed`);
    }
  }
}

/** A slow broker gets through fewer lives. Patience is for an answer, not for how many are asked. */
const budgetMs = 20_000;

/** Lives many lives, one after the other on one place. */
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
  // All runs share one place, so a run after a failure would prove nothing: no shrinking.
  const numRuns = fc.readConfigureGlobal()?.numRuns ?? 20;
  await fc.assert(property, { numRuns, endOnFailure: true });
}

export const modelCases = [
  ...casesOf('model', ['consumes', 'redelivers'], {
    'whatever is done in whatever order: all comes, in order, and nothing else': (context) =>
      liveMany(context, quietSteps),
  }),

  ...casesOf('model', ['consumes', 'redelivers', 'breakConnection'], {
    'with connections cut at any moment: all comes, in order, and nothing else': (context) =>
      liveMany(context, [...quietSteps, cutStep]),
  }),
];
