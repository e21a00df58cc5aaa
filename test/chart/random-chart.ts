import fc from 'fast-check';
import { and, emit, not, or, raise, stateIn } from 'xstate';
import type { Definition, Move } from './walk.ts';

// Random statecharts with everything that a learned chart may have, and random walks over them.

/** How many runs a property makes: the long form asks for more of each. */
export function runs(short: number): number {
  return Math.ceil((short * Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300)) / 300);
}

/** The context of a random chart: its guards answer as the seed says. */
export interface Luck {
  readonly seed: number;
}

const guardNames = ['g0', 'g1', 'g2', 'g3', 'g4'] as const;
const delayNames = ['d0', 'd1'] as const;
const eventTypes = ['a', 'b', 'c', 'a.x', 'a.x.y', 'b.z', 'idle'] as const;
const descriptors = [...eventTypes.slice(0, 6), 'a.*', 'a.x.*', 'b.*', '*'] as const;

/**
 * Guards that answer by everything they may look at: seed, parameters, the type of the event and
 * a field of it. One that saw the wrong event or the wrong parameters would soon be found out.
 */
export function luckyGuard(name: string) {
  return (args: { context: Luck; event: { type: string; salt?: number } }, params: unknown) => {
    const { context, event } = args;
    const seen = [name, context.seed, event.type, event.salt ?? '', JSON.stringify(params) ?? ''];
    return hash(seen.join('|')) % 2 === 0;
  };
}

const luckyGuards = Object.fromEntries(guardNames.map((name) => [name, luckyGuard(name)]));

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16777619);
  return (value ^ (value >>> 15)) >>> 0;
}

/** The skeleton of a chart, before its states know of each other. */
interface Skeleton {
  readonly kind: 'atomic' | 'final' | 'compound' | 'parallel';
  readonly children: readonly Skeleton[];
}

const { skeleton } = fc.letrec<{ skeleton: Skeleton; leaf: Skeleton }>((tie) => ({
  leaf: fc.record({
    kind: fc.constantFrom('atomic', 'atomic', 'atomic', 'final'),
    children: fc.constant([]),
  }),
  skeleton: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    tie('leaf'),
    fc.record({
      kind: fc.constantFrom('compound', 'compound', 'parallel'),
      children: fc.array(tie('skeleton'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

const rootSkeleton: fc.Arbitrary<Skeleton> = fc.record({
  kind: fc.constantFrom('parallel', 'parallel', 'compound'),
  children: fc.array(skeleton, { minLength: 1, maxLength: 4 }),
});

function idsOf(node: Skeleton, id = 'n'): string[] {
  return [id, ...node.children.flatMap((child, index) => idsOf(child, `${id}_${index}`))];
}

const namedGuard = fc.oneof(
  fc.constantFrom(...guardNames),
  fc.record({
    type: fc.constantFrom(...guardNames),
    params: fc.record({ limit: fc.integer({ min: 0, max: 2 }) }),
  }),
);

function guardOf(ids: readonly string[]): fc.Arbitrary<unknown> {
  const inState = fc.constantFrom(...ids).map((id) => stateIn(`#${id}`));
  const { guard } = fc.letrec<{ guard: unknown }>((tie) => ({
    guard: fc.oneof(
      { maxDepth: 2 },
      { arbitrary: namedGuard, weight: 5 },
      { arbitrary: inState, weight: 1 },
      fc.array(tie('guard'), { minLength: 1, maxLength: 3 }).map((all) => and(all as never)),
      fc.array(tie('guard'), { minLength: 1, maxLength: 3 }).map((any) => or(any as never)),
      tie('guard').map((guard) => not(guard as never)),
    ),
  }));
  return guard;
}

const action = fc.oneof(
  { arbitrary: fc.constantFrom('e0', 'e1', 'e2').map((type) => emit({ type })), weight: 9 },
  {
    arbitrary: fc
      .record({ type: fc.constantFrom('a', 'b', 'a.x'), salt: fc.integer({ min: 0, max: 2 }) })
      .map((event) => raise(event as never)),
    weight: 1,
  },
);
const someActions = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 3 },
  { arbitrary: fc.array(action, { minLength: 1, maxLength: 2 }), weight: 2 },
);

function transitionOf(ids: readonly string[]): fc.Arbitrary<object> {
  const full = {
    target: fc.constantFrom(...ids).map((id) => `#${id}`),
    guard: guardOf(ids),
    actions: someActions,
    reenter: fc.boolean(),
  };
  return fc.oneof(
    { weight: 5, arbitrary: fc.record(full, { requiredKeys: ['target', 'guard'] }) },
    { weight: 2, arbitrary: fc.record(full, { requiredKeys: ['target'] }) },
    { weight: 1, arbitrary: fc.record(full, { requiredKeys: [] }) },
  );
}

/** Without a guard, an `always` would loop nearly always. */
function alwaysOf(ids: readonly string[]): fc.Arbitrary<object> {
  return fc.record({
    target: fc.constantFrom(...ids).map((id) => `#${id}`),
    guard: fc.tuple(namedGuard, namedGuard, namedGuard).map((three) => and(three as never)),
    actions: someActions,
  });
}

function sometimes<Value>(value: fc.Arbitrary<Value>, weight: number): fc.Arbitrary<object> {
  return fc.oneof({ arbitrary: fc.constant({}), weight: 4 }, { arbitrary: value, weight }) as never;
}

function configOf(node: Skeleton, id: string, ids: readonly string[]): fc.Arbitrary<object> {
  const list = fc.array(transitionOf(ids), { minLength: 1, maxLength: 3 });
  const on = fc.dictionary(
    fc.constantFrom(...descriptors),
    fc.oneof({ arbitrary: list, weight: 12 }, { arbitrary: fc.constant(undefined), weight: 1 }),
    { maxKeys: 4, noNullPrototype: true },
  );
  const after = fc.dictionary(fc.constantFrom(...delayNames, '10'), list, {
    minKeys: 1,
    maxKeys: 2,
    noNullPrototype: true,
  });
  const moving =
    node.kind === 'final'
      ? fc.constant({})
      : fc
          .tuple(
            sometimes(
              on.map((found) => ({ on: found })),
              12,
            ),
            sometimes(
              after.map((found) => ({ after: found })),
              2,
            ),
            sometimes(
              alwaysOf(ids).map((found) => ({ always: [found] })),
              2,
            ),
            sometimes(
              list.map((found) => ({ onDone: found })),
              node.children.length > 0 ? 4 : 0,
            ),
          )
          .map((parts) => Object.assign({}, ...parts));
  const acting = fc.record({ entry: someActions, exit: someActions }, { requiredKeys: [] });
  return fc
    .tuple(moving, acting, initialOf(node), childrenOf(node, id, ids))
    .map(([first, second, initial, states]) => ({
      id,
      ...kindOf(node),
      ...first,
      ...second,
      ...initial,
      ...states,
    }));
}

function kindOf({ kind }: Skeleton): object {
  return kind === 'final' || kind === 'parallel' ? { type: kind } : {};
}

function initialOf({ kind, children }: Skeleton): fc.Arbitrary<object> {
  if (kind !== 'compound') return fc.constant({});
  const lasting = children.flatMap(({ kind }, index) => (kind === 'final' ? [] : [index]));
  return fc.constantFrom(...lasting, ...(lasting.length === 0 ? [0] : [])).map((index) => ({
    initial: `s${index}`,
  }));
}

function childrenOf(node: Skeleton, id: string, ids: readonly string[]): fc.Arbitrary<object> {
  if (node.children.length === 0) return fc.constant({});
  const states = node.children.map((child, index) => configOf(child, `${id}_${index}`, ids));
  return fc.tuple(...states).map((configs) => ({
    states: Object.fromEntries(configs.map((config, index) => [`s${index}`, config])),
  }));
}

/** A random chart. */
export const randomChart: fc.Arbitrary<Definition> = rootSkeleton
  .chain((root) => configOf(root, 'n', idsOf(root)))
  .map((config) => ({
    config,
    guards: luckyGuards,
    delays: { d0: 1000, d1: () => 2000 },
    // Composed guards and actions are functions, which a report of a failure would print as code.
    [fc.toStringMethod]: () => JSON.stringify(config, readable),
  }));

function readable(_key: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  return { [value.name]: Object.fromEntries(Object.entries(value)) };
}

/** Luck that repeats itself, so that a warm chart has something to remember. */
export const luck: fc.Arbitrary<Luck> = fc.record({ seed: fc.nat(5) });

/** A random walk over a random chart. */
export const randomMoves: fc.Arbitrary<Move<Luck>[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        context: luck,
        event: fc.record(
          { type: fc.constantFrom(...eventTypes), salt: fc.nat(2) },
          { requiredKeys: ['type'] },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ context: luck, timer: fc.nat(20) }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);
