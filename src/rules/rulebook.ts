import type { ErasedDefinition } from '../order/extension.ts';
import type { OrderChart } from '../order/lifecycle/chart.ts';
import type { OrderPolicy } from '../order/policy.ts';
import type { ExtensionRecipes } from '../order/recipes/apply.ts';
import type { JsonObject } from '../order/values.ts';
import type { Parser } from './parse.ts';

/** Everything the rules' functions share; made once per engine. */
export interface Rulebook {
  readonly name: string;
  readonly chart: OrderChart;
  readonly parser: Parser;
  readonly policy: OrderPolicy;
  readonly extensions: readonly ErasedDefinition[];
  readonly recipes: ExtensionRecipes;
  /** Which extension decides a host's command. */
  readonly owners: ReadonlyMap<string, ErasedDefinition>;
  /** The first data of every extension. */
  readonly firstData: Readonly<Record<string, JsonObject>>;
}
