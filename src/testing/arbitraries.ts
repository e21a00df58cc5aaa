import fc from 'fast-check';
import { amendmentRequest, exchangeRequest } from './arbitrary-amendment.ts';
import { creditOf, money, units } from './arbitrary-parts.ts';
import { arbitraryPlace, type CommandPools, defaultPools } from './arbitrary-place.ts';
import { arrivedOrder, paidOrder } from './arbitrary-start.ts';

type Command = Readonly<Record<string, unknown>>;

/** A report of any kind about an order placed over the same pools. */
export function arbitraryReport(pools: CommandPools = defaultPools): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 3, arbitrary: paymentReport(pools) },
    { weight: 3, arbitrary: shipmentReport(pools) },
    { weight: 1, arbitrary: fulfillmentReport(pools) },
    { weight: 2, arbitrary: returnReport(pools) },
  );
}

/** The start time of the harness, and the limits for the time of a report. */
const harnessStart = 1_767_225_600_000;
const lastTime = 253_402_300_799_999;

const times = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1_767_000_000_000, max: 1_767_300_000_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, harnessStart, harnessStart + 60_000, lastTime) },
);

/** A report with these fields, with or without a time. */
function report(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Command> {
  const common = { source: fc.constantFrom('one', 'other'), reportId: fc.uuid(), ...fields };
  return fc.oneof(
    { weight: 2, arbitrary: fc.record({ ...common, occurredAt: times }) },
    { weight: 1, arbitrary: fc.record(common) },
  );
}

function paymentReport(pools: CommandPools): fc.Arbitrary<Command> {
  const base = {
    type: fc.constant('payment.report'),
    paymentId: fc.constantFrom(...pools.payments),
    objectId: fc.constantFrom(...pools.objects),
  };
  const moved = fc.constantFrom('authorized', 'voided', 'refunded', 'refundReversed');
  const failed = fc.constantFrom(
    'authorizationFailed',
    'captureFailed',
    'voidFailed',
    'refundFailed',
  );
  const noted = fc.constantFrom('actionRequired', 'authorizationExpired');
  return fc.oneof(
    { weight: 3, arbitrary: report({ ...base, ...money(pools), outcome: moved }) },
    {
      weight: 3,
      arbitrary: report({
        ...base,
        ...money(pools),
        outcome: fc.constant('captured'),
        sale: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: report({ ...base, outcome: failed }) },
    { weight: 3, arbitrary: report({ ...base, outcome: noted }) },
    { weight: 3, arbitrary: disputeReport(pools, base) },
  );
}

/** A report of a dispute. The pools have few ids, so that several reports are about the same one. */
function disputeReport(
  pools: CommandPools,
  base: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Command> {
  const dueBy = fc.constantFrom(harnessStart, harnessStart + 7 * 86_400_000, lastTime);
  const opened = { ...base, outcome: fc.constant('disputeOpened') };
  const lost = { ...base, outcome: fc.constant('disputeLost') };
  const moved = fc.constantFrom('disputeWithdrawn', 'disputeReinstated');
  return fc.oneof(
    report({ ...base, ...money(pools), outcome: moved }),
    report({
      ...base,
      outcome: fc.constantFrom('disputeOpened', 'disputeWon', 'disputeWon', 'disputeLost'),
    }),
    report({ ...opened, ...money(pools), dueBy, reason: fc.constantFrom('fraud', 'duplicate') }),
    report({ ...lost, ...money(pools), reason: fc.constantFrom('fraud', 'duplicate') }),
  );
}

function shipmentReport(pools: CommandPools): fc.Arbitrary<Command> {
  return report({
    type: fc.constant('shipment.report'),
    shipmentId: fc.constantFrom(...pools.shipments),
    outcome: fc.constantFrom(
      'dispatched',
      'dispatched',
      'voided',
      'delivered',
      'lost',
      'returnedToSender',
    ),
    lines: units(pools),
  });
}

function fulfillmentReport(pools: CommandPools): fc.Arbitrary<Command> {
  return report({
    type: fc.constant('fulfillment.report'),
    objectId: fc.constantFrom(...pools.objects),
    outcome: fc.constant('granted'),
    lines: units(pools),
  });
}

function returnReport(pools: CommandPools): fc.Arbitrary<Command> {
  const base = {
    type: fc.constant('return.report'),
    returnId: fc.constantFrom(...pools.returns),
  };
  const outcome = fc.constantFrom('inTransit', 'received', 'received', 'sentBack');
  return fc.oneof(
    report({ ...base, outcome, lines: units(pools) }),
    report({ ...base, outcome: fc.constant('inspected'), accepted: units(pools) }),
    report({ ...base, outcome: fc.constant('inspected'), rejected: units(pools) }),
  );
}

/** A request of any kind except `order.place`. Many are refused, which tests the refusals. */
export function arbitraryRequest(pools: CommandPools = defaultPools): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 3, arbitrary: orderRequest(pools) },
    { weight: 3, arbitrary: paymentRequest(pools) },
    { weight: 3, arbitrary: goodsRequest(pools) },
    { weight: 1, arbitrary: amendmentRequest(pools) },
    { weight: 1, arbitrary: exchangeRequest(pools) },
  );
}

function orderRequest(pools: CommandPools): fc.Arbitrary<Command> {
  const reason = fc.constantFrom('fraud', 'stock');
  return fc.oneof(
    fc.record({ type: fc.constantFrom('order.confirm', 'order.archive') }),
    fc.record({ type: fc.constantFrom('order.hold', 'order.release'), reason }),
    fc.record({ type: fc.constant('order.cancel') }),
    fc.record({ type: fc.constant('order.cancel'), lines: units(pools) }),
    credit(pools),
    fc.record({
      type: fc.constant('order.annotate'),
      metadata: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom(null, 1, 'x')),
    }),
  );
}

function credit(pools: CommandPools): fc.Arbitrary<Command> {
  return fc.record({
    type: fc.constant('order.credit'),
    creditId: fc.uuid(),
    cause: fc
      .constantFrom(...causes, 'returnedToSender', 'priceChange', 'writeOff')
      .filter((cause) => cause !== 'cancellation'),
    of: creditOf(pools),
  });
}

function paymentRequest(pools: CommandPools): fc.Arbitrary<Command> {
  const paymentId = fc.constantFrom(...pools.payments);
  const refund = { type: fc.constant('payment.refund'), cause: fc.constantFrom(...causes) };
  return fc.oneof(
    fc.record({
      type: fc.constant('payment.authorize'),
      paymentId,
      sale: fc.boolean(),
      over: fc.boolean(),
      ...money(pools),
    }),
    fc.record({
      type: fc.constant('payment.capture'),
      paymentId,
      releaseRemainder: fc.boolean(),
      over: fc.boolean(),
      ...money(pools),
    }),
    fc.record({ type: fc.constant('payment.void'), paymentId }),
    fc.record({ ...refund, of: refundOf(pools) }),
    fc.record({ ...refund, of: refundOf(pools), paymentId }),
    fc.record({
      type: fc.constantFrom('dispute.submit', 'dispute.concede'),
      paymentId,
      disputeId: fc.constantFrom(...pools.objects),
    }),
  );
}

const causes = ['cancellation', 'return', 'lost', 'goodwill', 'correction'] as const;

function refundOf(pools: CommandPools): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 3, arbitrary: creditOf(pools) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('credit') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tender'), ...money(pools) }) },
  );
}

function goodsRequest(pools: CommandPools): fc.Arbitrary<Command> {
  const lines = units(pools);
  const returnId = fc.constantFrom(...pools.returns);
  return fc.oneof(
    fc.record({ type: fc.constant('fulfillment.request'), fulfillmentId: fc.uuid(), lines }),
    fc.record({
      type: fc.constant('shipment.dispatch'),
      shipmentId: fc.constantFrom(...pools.shipments),
      over: fc.boolean(),
      lines,
    }),
    fc.record({ type: fc.constant('return.request'), returnId, lines }),
    fc.record({
      type: fc.constantFrom('return.approve', 'return.decline', 'return.close'),
      returnId,
    }),
  );
}

/** A pause between commands: none, a minute, a day or two months. */
export function arbitraryPause(): fc.Arbitrary<number> {
  return fc.constantFrom(0, 60_000, 86_400_000, 5_184_000_000);
}

/**
 * The life of an order: requests, reports and pauses (numbers, in milliseconds). A third of the
 * orders are paid, and most of these have arrived, before the random steps begin.
 */
export function arbitraryLife(
  pools: CommandPools = defaultPools,
  maximumSteps = 25,
): fc.Arbitrary<readonly (Command | number)[]> {
  // Prefer long lives, unlike fast-check's default: a breach needs several commands to show.
  const length = { maxLength: maximumSteps, size: 'max' } as const;
  return fc
    .oneof(
      {
        weight: 2,
        arbitrary: fc.tuple(fc.tuple(arbitraryPlace(pools)), fc.array(anyStep(pools), length)),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(
          fc.oneof(arrivedOrder(pools), arrivedOrder(pools), paidOrder(pools)),
          fc.array(lateStep(pools), length),
        ),
      },
    )
    .map(([start, steps]) => [...start, ...steps]);
}

function anyStep(pools: CommandPools): fc.Arbitrary<Command | number> {
  return fc.oneof(
    { weight: 4, arbitrary: arbitraryRequest(pools) },
    { weight: 5, arbitrary: arbitraryReport(pools) },
    { weight: 2, arbitrary: arbitraryPause() },
    { weight: 3, arbitrary: arbitraryAnswer() },
  );
}

/** What follows an arrival. With few random reports, since one that breaks a law holds the order. */
function lateStep(pools: CommandPools): fc.Arbitrary<Command | number> {
  return fc.oneof(
    { weight: 2, arbitrary: amendmentRequest(pools) },
    { weight: 3, arbitrary: exchangeRequest(pools) },
    { weight: 3, arbitrary: arbitraryRequest(pools) },
    { weight: 4, arbitrary: returnReport(pools) },
    { weight: 1, arbitrary: arbitraryReport(pools) },
    { weight: 1, arbitrary: arbitraryPause() },
    { weight: 3, arbitrary: arbitraryAnswer() },
  );
}

/**
 * A placeholder for a provider's answer to the oldest operation in flight. {@link liveThrough}
 * fills it in, because the id of the operation is not known before.
 */
const settleSomething: Command = Object.freeze({ type: 'answer' });

/** A provider's answer to the oldest operation in flight. */
export function arbitraryAnswer(): fc.Arbitrary<Command> {
  return fc.constant(settleSomething);
}

/** Whether a step of a life is the placeholder for a provider's answer. */
export function isAnswer(step: Command | number): boolean {
  return step === settleSomething;
}
