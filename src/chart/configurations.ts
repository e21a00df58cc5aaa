import { OrderchartError } from '../errors.ts';
import type { DecisionTree } from './memory.ts';
import type { ChartNode, ChartStep, ChartValue } from './types.ts';

/**
 * One value of a chart and what is known about it. Statecharts call the set of active states a
 * "configuration".
 */
export interface Configuration {
  readonly value: ChartValue;
  /** Active states in document order, the root first. */
  readonly nodes: readonly ChartNode[];
  /** Names of the timers of active states. */
  readonly timers: ReadonlySet<string>;
  /** Event descriptors that have a transition here. */
  readonly events: readonly string[];
  /** The step that does nothing. */
  readonly still: ChartStep;
  /** Learned trees by event class. */
  readonly trees: (DecisionTree | undefined)[];
}

/** A state with its sub-states by key. */
interface Shape {
  readonly node: ChartNode;
  /** Index among its siblings. */
  readonly position: number;
  readonly children: ReadonlyMap<string, Shape>;
}

/**
 * The configurations of a chart: one object per distinct value, for as long as the value is in
 * use. Equal values must be the same object while in use, but are held weakly: a chart with many
 * regions has far more possible values than are in use, and keeping all of them would leak memory.
 */
export class Configurations {
  readonly #chart: string;
  readonly #shape: Shape;
  readonly #byValue = new WeakMap<object, Configuration>();
  readonly #byKey = new Map<string, WeakRef<Configuration>>();
  readonly #collected = new FinalizationRegistry<string>((key) => {
    // A newer configuration may have taken the key before this callback ran.
    if (this.#byKey.get(key)?.deref() === undefined) this.#byKey.delete(key);
  });

  constructor(chart: string, root: ChartNode) {
    this.#chart = chart;
    this.#shape = shapeOf(root, 0);
  }

  /** Number of configurations; includes unused ones until the next garbage collection. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Returns the configuration of a value. Fast if the value is a shared one. */
  of(value: unknown): Configuration {
    if (typeof value === 'object' && value !== null) {
      const known = this.#byValue.get(value);
      if (known !== undefined) return known;
    }
    return this.#resolve(value);
  }

  #resolve(value: unknown): Configuration {
    const key = this.#key(this.#shape, value);
    const known = this.#byKey.get(key)?.deref();
    if (known !== undefined) return known;
    const nodes: ChartNode[] = [];
    const shared = sharedValue(this.#shape, value as ChartValue, nodes);
    const configuration = configurationOf(shared, nodes);
    if (typeof shared === 'object') this.#byValue.set(shared, configuration);
    this.#byKey.set(key, new WeakRef(configuration));
    this.#collected.register(configuration, key);
    return configuration;
  }

  /**
   * Checks a value against the chart. Returns the positions of the active states, which identify
   * the value regardless of the order of its keys.
   */
  #key(shape: Shape, value: unknown): string {
    return shape.node.kind === 'compound'
      ? this.#compoundKey(shape, value)
      : this.#regionsKey(shape, value);
  }

  #compoundKey({ node, children }: Shape, value: unknown): string {
    if (typeof value === 'string') {
      const child = children.get(value) ?? this.#refuse(node, `there is no state "${value}"`);
      if (child.children.size > 0) this.#refuse(child.node, 'its sub-state is missing');
      return String(child.position);
    }
    const entries = this.#entries(node, value);
    const [key, inner] = entries[0] ?? this.#refuse(node, 'its state is missing');
    const child = children.get(key) ?? this.#refuse(node, `there is no state "${key}"`);
    if (entries.length > 1) this.#refuse(node, 'it can only be in one of its states');
    if (child.children.size === 0) this.#refuse(child.node, 'it has no states of its own');
    return `${child.position}.${this.#key(child, inner)}`;
  }

  /** The key of a parallel state, or of a state without sub-states, whose value is `{}`. */
  #regionsKey({ node, children }: Shape, value: unknown): string {
    const given = new Map(this.#entries(node, value));
    let key = '';
    for (const [region, child] of children) {
      if (!given.has(region)) this.#refuse(node, `region "${region}" is missing`);
      key += `${this.#key(child, given.get(region))};`;
    }
    for (const region of given.keys()) {
      if (!children.has(region)) this.#refuse(node, `there is no region "${region}"`);
    }
    return key;
  }

  #entries(node: ChartNode, value: unknown): [string, unknown][] {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.entries(value);
    }
    const given = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
    return this.#refuse(node, `expected its states, got ${given}`);
  }

  #refuse(node: ChartNode, reason: string): never {
    const path = node.path || '(root)';
    const message = `Not a state of chart "${this.#chart}": "${path}": ${reason}.`;
    throw new OrderchartError('chartDefect', message, {
      details: { chart: this.#chart, path, reason },
    });
  }
}

function shapeOf(node: ChartNode, position: number): Shape {
  const children = node.children.map((child, index) => shapeOf(child, index));
  return { node, position, children: new Map(children.map((child) => [child.node.key, child])) };
}

/** Makes a frozen copy with keys in document order. Adds the active states to `nodes`. */
function sharedValue(shape: Shape, value: ChartValue, nodes: ChartNode[]): ChartValue {
  nodes.push(shape.node);
  if (typeof value === 'string') {
    const child = shape.children.get(value);
    if (child !== undefined) nodes.push(child.node);
    return value;
  }
  const entries = [...shape.children.values()]
    .filter((child) => Object.hasOwn(value, child.node.key))
    .map((child) => {
      const key = child.node.key;
      return [key, sharedValue(child, value[key] as ChartValue, nodes)] as const;
    });
  return Object.freeze(Object.fromEntries(entries));
}

function configurationOf(value: ChartValue, nodes: readonly ChartNode[]): Configuration {
  const transitions = nodes.flatMap((node) => node.transitions);
  const events = transitions
    .filter((transition) => transition.trigger === 'event' && !transition.forbidden)
    .map((transition) => transition.event);
  const none = Object.freeze([]);
  return {
    value,
    nodes,
    timers: new Set(nodes.flatMap((node) => node.timers.map((timer) => timer.name))),
    events: Object.freeze([...new Set(events)]),
    still: Object.freeze({
      value,
      changed: false,
      enabled: false,
      emitted: none,
      timersDropped: none,
      timersSet: none,
    }),
    trees: [],
  };
}
