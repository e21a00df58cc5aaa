import fc from 'fast-check';
import { creditOf, units } from './arbitrary-parts.ts';
import { arbitraryLine, type CommandPools } from './arbitrary-place.ts';

type Command = Readonly<Record<string, unknown>>;

/** An amendment, a proposal, or an answer to one. */
export function amendmentRequest(pools: CommandPools): fc.Arbitrary<Command> {
  const amendmentId = fc.constantFrom('m1', 'm2', 'm3');
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom('order.amend', 'amendment.propose'),
          amendmentId,
          arbitraryChange(pools),
        )
        .map(([type, id, change]) => ({ type, amendmentId: id, ...change })),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constantFrom('amendment.approve', 'amendment.decline'),
        amendmentId,
      }),
    },
  );
}

/** An exchange, or units that are sent again. */
export function exchangeRequest(pools: CommandPools): fc.Arbitrary<Command> {
  const out = fc.tuple(fc.constantFrom(...pools.added).chain((line) => arbitraryLine(line, pools)));
  return fc.oneof(
    fc.record({
      type: fc.constant('exchange.request'),
      exchangeId: fc.constantFrom('e1', 'e2'),
      returnId: fc.constantFrom(...pools.returns),
      back: units(pools),
      out,
      ship: fc.constantFrom('onReceipt', 'inAdvance'),
    }),
    fc
      .tuple(fc.uuid(), fc.constantFrom('lost', 'returnedToSender', 'damaged'), units(pools))
      .map(([replacementId, cause, lines]) => ({
        type: 'units.replace',
        replacementId,
        cause,
        lines: lines.map((line) => ({ ...line, as: `${line['lineId']}-again` })),
      })),
  );
}

/** What an amendment adds, cancels and credits: one of them, some, or nothing. */
function arbitraryChange(pools: CommandPools): fc.Arbitrary<Command> {
  const charge = { id: fc.constantFrom('fee', 'shipping'), amount: fc.constantFrom(0, 1, 500) };
  const changes = {
    add: fc.tuple(fc.constantFrom(...pools.added).chain((line) => arbitraryLine(line, pools))),
    addCharges: fc.tuple(fc.record(charge)),
    cancel: units(pools),
    credit: fc.record({
      creditId: fc.uuid(),
      cause: fc.constantFrom('goodwill', 'correction'),
      of: creditOf(pools),
    }),
  };
  // Of a change that does many things at once, one is nearly always refused.
  const one = Object.entries(changes).map(([name, change]) => fc.record({ [name]: change }));
  return fc.oneof(...one, fc.record(changes, { requiredKeys: [] }));
}
