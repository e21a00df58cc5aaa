import { OrderchartError } from '../errors.ts';
import { isReportType } from '../order/commands/commands.ts';
import type { ErasedDefinition, Extension } from '../order/extension.ts';
import { brokenInvariants } from '../order/invariants.ts';
import { compileOrderChart, type OrderChart } from '../order/lifecycle/chart.ts';
import { type OrderStatus, wholeStatus } from '../order/lifecycle/status.ts';
import { defaultPolicy, mergePolicy, type PolicyChanges, policySchema } from '../order/policy.ts';
import { applyFact, type ExtensionRecipes } from '../order/recipes/apply.ts';
import type { AnyStatus } from '../order/values.ts';
import { decide, fire } from './decide.ts';
import { checkEmitted } from './emitted.ts';
import { explain } from './explain.ts';
import { createParser } from './parse.ts';
import type { Rulebook } from './rulebook.ts';
import type { OrderRules, OrderState } from './types.ts';

/** What the rules are compiled from. */
export interface RulesOptions {
  readonly extensions: readonly Extension[];
  readonly policy: PolicyChanges;
  /** Bound on the learned chart's memory, in questions and answers. */
  readonly maximumChartEntries: number;
}

/** Compiles chart, schemas, recipes and extensions into the rules of one engine. */
export function compileRules(options: RulesOptions): OrderRules {
  const extensions = options.extensions.map(({ definition }) => definition);
  const chart = compileOrderChart(extensions, options.maximumChartEntries);
  checkEmitted(chart, extensions);
  const owners = ownersOf(extensions);
  const book: Rulebook = {
    name: `${chart.chart.id}@${chart.chart.version ?? '0'}`,
    chart,
    parser: createParser(extensions),
    policy: policySchema.parse(mergePolicy(defaultPolicy, options.policy)),
    extensions,
    recipes: recipesOf(extensions),
    owners,
    firstData: Object.fromEntries(extensions.map(({ name, data }) => [name, data])),
  };
  return {
    chart: book.name,
    parse: book.parser,
    isReport: (type) => isReportType(type) || owners.get(type)?.reports[type] !== undefined,
    decide: (state, command, environment) => decide(book, whole(state), command, environment),
    fire: (state, deadline, environment) => fire(book, whole(state), deadline, environment),
    explain: (state, environment, command) => explain(book, whole(state), environment, command),
    replay: (order, event) => applyFact(order, event, book.recipes),
    brokenLaws: ({ order, status }) => brokenInvariants(order, status),
    checkStatus: (status) => checkStatus(chart, status),
  };
}

/** The state of an order; of one stored before some regions existed, with those. */
function whole<State extends OrderState | undefined>(state: State): State {
  if (state === undefined) return state;
  const status = wholeStatus(state.status);
  return status === state.status ? state : { ...state, status: status as OrderStatus };
}

function ownersOf(extensions: readonly ErasedDefinition[]): ReadonlyMap<string, ErasedDefinition> {
  return new Map(
    extensions.flatMap((extension) =>
      [...Object.keys(extension.requests), ...Object.keys(extension.reports)].map(
        (type) => [type, extension] as const,
      ),
    ),
  );
}

function recipesOf(extensions: readonly ErasedDefinition[]): ExtensionRecipes {
  return new Map(
    extensions.flatMap((extension) =>
      Object.entries(extension.recipes).map(
        ([type, recipe]) =>
          [type, { extension: extension.name, first: extension.data, recipe }] as const,
      ),
    ),
  );
}

function checkStatus({ chart }: OrderChart, status: AnyStatus): void {
  try {
    chart.resolve(wholeStatus(status));
  } catch (cause) {
    throw new OrderchartError(
      'chartIncompatible',
      `The chart ${chart.id}@${chart.version ?? '0'} does not know the status of a stored order: ` +
        'add the extension that the order was stored with, or migrate the order.',
      { cause, details: { status } },
    );
  }
}
