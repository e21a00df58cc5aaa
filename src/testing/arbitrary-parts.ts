import fc from 'fast-check';
import type { CommandPools } from './arbitrary-place.ts';

type Command = Readonly<Record<string, unknown>>;

/** An amount with its currency. */
export const money = ({ amounts, currency }: CommandPools) => ({
  amount: fc.constantFrom(...amounts),
  currency: fc.constant(currency),
});

/** Units of some lines, sometimes more than were ordered, sometimes of lines that were added later. */
export function units({ lines, added }: CommandPools): fc.Arbitrary<readonly Command[]> {
  const some = (from: CommandPools['lines']) => fc.subarray([...from], { minLength: 1 });
  return fc
    .oneof(
      { weight: 5, arbitrary: some(lines) },
      { weight: 1, arbitrary: some([...lines, ...added]) },
    )
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map(({ id, quantity }) =>
          fc.record({ lineId: fc.constant(id), units: fc.integer({ min: 1, max: quantity + 1 }) }),
        ),
      ),
    );
}

/** What a credit takes off. */
export function creditOf(pools: CommandPools): fc.Arbitrary<Command> {
  const component = fc.constantFrom('line:a', 'charge:shipping');
  return fc.oneof(
    fc.record({ kind: fc.constant('units'), lines: units(pools) }),
    fc.record({ kind: fc.constant('amount'), ...money(pools) }),
    fc.record({
      kind: fc.constant('components'),
      components: fc.tuple(fc.record({ component, amount: fc.constantFrom(...pools.amounts) })),
      currency: fc.constant(pools.currency),
    }),
  );
}
