import type { ChartNode } from '../chart/index.ts';
import { OrderchartError } from '../errors.ts';
import type { ErasedDefinition } from '../order/extension.ts';
import type { OrderChart } from '../order/lifecycle/chart.ts';

/**
 * Refuses a region that emits an event that its extension does not define, or whose schema requires
 * data. The chart emits only names, so the recorded event would fail its own schema.
 */
export function checkEmitted({ chart }: OrderChart, extensions: readonly ErasedDefinition[]): void {
  for (const { name, regions, events } of extensions) {
    const own = chart.root.children.filter(({ key }) => Object.hasOwn(regions, key));
    for (const type of own.flatMap(emittedIn)) {
      if (events[type]?.safeParse({}).success !== true) refuse(name, type);
    }
  }
}

function emittedIn(node: ChartNode): readonly string[] {
  return [
    ...node.emits.entry,
    ...node.emits.exit,
    ...node.transitions.flatMap(({ emits }) => emits),
    ...node.children.flatMap(emittedIn),
  ];
}

function refuse(name: string, type: string): never {
  throw new OrderchartError(
    'invalidExtension',
    `Extension "${name}": a region emits "${type}". A region can emit only events that its ` +
      'extension defines and whose schema accepts an empty object.',
    { details: { extension: name, type } },
  );
}
