import type { Chart, ChartNode, ChartTransition } from './types.ts';

/**
 * Draws a chart as a Mermaid state diagram (`stateDiagram-v2`).
 *
 * Draws regions side by side. Arrows are labeled `event [guard] / emitted event`; several between
 * the same two states become one arrow. Events that a state handles without leaving it are listed
 * inside it. A transition from a composite state to one of its own states starts at a node named
 * "any state".
 *
 * @example
 * toMermaid(chart);
 * // stateDiagram-v2
 * //   state "lifecycle" as lifecycle {
 * //     [*] --> lifecycle_pending
 * //     ...
 */
export function toMermaid(chart: Chart<unknown>): string {
  const names = namesOf(chart.root, new Map(), new Set());
  const lines = ['stateDiagram-v2', ...insideOf(chart.root, names, chart.root.kind === 'parallel')];
  return `${lines.join('\n  ')}\n`;
}

/** Names of states in the diagram by their paths. */
type Names = ReadonlyMap<string, string>;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Mermaid's keywords. */
const reserved = new Set([
  ...['accDescr', 'accTitle', 'as', 'class', 'classDef', 'click', 'default', 'direction', 'end'],
  ...['fork', 'hide', 'href', 'join', 'note', 'scale', 'state', 'style'],
]);

function namesOf(node: ChartNode, names: Map<string, string>, taken: Set<string>): Names {
  const plain = node.path.replace(/\W+/g, '_') || 'root';
  let name = plain;
  for (let count = 2; taken.has(name) || reserved.has(name); count += 1) name = `${plain}_${count}`;
  taken.add(name).add(`${name}_any`);
  names.set(node.path, name);
  for (const child of node.children) namesOf(child, names, taken);
  return names;
}

/** The lines inside a composite state. */
function insideOf(node: ChartNode, names: Names, apart = false): string[] {
  const arrows = node.children.flatMap((child) => arrowsOf(child, names));
  const own = node.transitions.filter((transition) => isInward(node, transition));
  const any = `${nameOf(node.path, names)}_any`;
  const inward = own.flatMap((transition) => arrowsTo(any, node, transition, names));
  const first = node.children.find(({ key }) => key === node.initial);
  const blocks = node.children.map((child) => stateOf(child, names));
  // Two dashes divide the regions of a state; at the top level there is no state to divide.
  const separated = node.kind === 'parallel' && !apart;
  // The root is not drawn, so list the events that it handles in its "any state".
  const notes = node.path === '' ? notesOf(node).map((note) => `${any} : ${escaped(note)}`) : [];
  return [
    ...(own.length + notes.length > 0 ? [`state "any state" as ${any}`, ...notes] : []),
    ...blocks.flatMap((block, index) => (separated && index > 0 ? ['--', ...block] : block)),
    ...(first === undefined ? [] : [`[*] --> ${nameOf(first.path, names)}`]),
    ...node.children
      .filter(({ kind }) => kind === 'final')
      .map((child) => `${nameOf(child.path, names)} --> [*]`),
    ...merged([...inward, ...arrows]),
  ];
}

/** The lines that declare a state, its notes and its sub-states. */
function stateOf(node: ChartNode, names: Names): string[] {
  const name = nameOf(node.path, names);
  const declared = `state "${escaped(node.key)}" as ${name}`;
  const notes = notesOf(node).map((note) => `${name} : ${escaped(note)}`);
  if (node.children.length === 0) return [declared, ...notes];
  const inside = insideOf(node, names).map((line) => `  ${line}`);
  return [`${declared} {`, ...inside, '}'];
}

/** The events that a state emits, and those that it handles without being left. */
function notesOf(node: ChartNode): string[] {
  const staying = node.transitions.filter(({ targets }) => targets.length === 0);
  return [
    ...node.emits.entry.map((type) => `entry / ${type}`),
    ...node.emits.exit.map((type) => `exit / ${type}`),
    ...staying.map((transition) =>
      transition.forbidden ? `not ${transition.event}` : labelOf(node, transition),
    ),
  ];
}

function arrowsOf(node: ChartNode, names: Names): Arrow[] {
  const from = nameOf(node.path, names);
  return node.transitions
    .filter((transition) => !isInward(node, transition))
    .flatMap((transition) => arrowsTo(from, node, transition, names));
}

function arrowsTo(
  from: string,
  node: ChartNode,
  transition: ChartTransition,
  names: Names,
): Arrow[] {
  const label = escaped(labelOf(node, transition));
  return transition.targets.map((target) => ({ from, to: nameOf(target, names), label }));
}

/** Whether a transition leads from a composite state into it: Mermaid has no such arrows. */
function isInward(node: ChartNode, { targets }: ChartTransition): boolean {
  if (node.children.length === 0 || targets.length === 0) return false;
  return targets.every((target) => node.path === '' || target.startsWith(`${node.path}.`));
}

function labelOf(node: ChartNode, transition: ChartTransition): string {
  const { trigger, event, guard, emits, descriptor } = transition;
  const what = trigger === 'after' ? `after ${event}` : trigger === 'event' ? event : trigger;
  const rivals = node.transitions.filter((other) => other.descriptor === descriptor);
  const isLast = rivals.length > 1 && rivals.at(-1) === transition;
  const condition = guard ?? (isLast ? 'else' : undefined);
  return [
    what,
    ...(condition === undefined ? [] : [`[${condition}]`]),
    ...(emits.length === 0 ? [] : [`/ ${emits.join(', ')}`]),
  ].join(' ');
}

/** Merges all arrows between the same two states into one, with the labels in order. */
function merged(arrows: readonly Arrow[]): string[] {
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of arrows) {
    const ends = `${from} --> ${to}`;
    labels.set(ends, [...(labels.get(ends) ?? []), label]);
  }
  return [...labels].map(([ends, all]) => `${ends} : ${all.join('<br/>')}`);
}

function nameOf(path: string, names: Names): string {
  return names.get(path) ?? 'root';
}

/** Escapes characters that would end a label or be read as markup, as Mermaid entity codes. */
function escaped(label: string): string {
  return label.replace(/[#:;"<>{}\\\n]/g, (character) => `#${character.charCodeAt(0)};`);
}
