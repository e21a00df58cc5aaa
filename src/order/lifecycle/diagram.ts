import { toMermaid } from '../../chart/index.ts';
import type { Extension } from '../extension.ts';
import { compileOrderChart } from './chart.ts';

/** Any number will do: drawing learns nothing. */
const maximumEntries = 100;

/**
 * The lifecycle as a Mermaid state diagram, with the regions and requirements of the extensions:
 * every state, every transition with its guards, every deadline.
 *
 * @example
 * await writeFile('lifecycle.mmd', lifecycleDiagram([fraudReview]));
 */
export function lifecycleDiagram(extensions: readonly Extension[] = []): string {
  const definitions = extensions.map(({ definition }) => definition);
  return toMermaid(compileOrderChart(definitions, maximumEntries).chart);
}
