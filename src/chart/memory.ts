import { OrderchartError } from '../errors.ts';
import type { ChartEvent, ChartStep } from './types.ts';

/** A named guard as a chart asks it. Equal questions are the same object. */
export interface Question {
  /** The guard with its parameters, for readers. */
  readonly label: string;
  readonly guard: (args: { context: unknown; event: ChartEvent }, params: unknown) => unknown;
  readonly params: unknown;
  /** The fixed internal event that the guard sees; undefined when it sees the event of the step. */
  readonly event: ChartEvent | undefined;
}

/** A question and its answer. */
export interface Answer {
  readonly question: Question;
  readonly answer: boolean;
}

/** The result of a trail of answers. */
export interface Outcome {
  readonly step: ChartStep;
  /** How many answers of the trail decided whether a transition is enabled. */
  readonly selected: number;
}

/** A node of a decision tree: a question with two branches, or an outcome. */
export interface Branch {
  readonly question: Question | undefined;
  readonly outcome: Outcome | undefined;
  yes: Branch | undefined;
  no: Branch | undefined;
}

/** The outcomes learned so far for one configuration and one class of event types. */
export interface DecisionTree {
  readonly root: Branch;
  readonly holder: TreeHolder;
  readonly slot: number;
  /** Questions and outcomes in the tree. */
  entries: number;
  /** Set by every use after the first; cleared when it saves the tree from being forgotten. */
  recent: boolean;
}

/** Holds trees: a configuration, or the entry into the chart. */
export interface TreeHolder {
  readonly trees: (DecisionTree | undefined)[];
}

/**
 * The learned trees of a chart, limited to a number of entries (questions and outcomes). Beyond
 * it, the memory forgets whole trees by the second-chance (clock) algorithm: the hand goes round
 * and removes the first tree that has not been used since its last pass.
 */
export class ChartMemory {
  readonly maximumEntries: number;
  readonly #ring: DecisionTree[] = [];
  #hand = 0;
  #entries = 0;
  #evictions = 0;

  constructor(maximumEntries: number) {
    this.maximumEntries = maximumEntries;
  }

  get entries(): number {
    return this.#entries;
  }

  get trees(): number {
    return this.#ring.length;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** Remembers the outcome of a trail, unless the trail does not fit into the whole memory. */
  remember(holder: TreeHolder, slot: number, trail: readonly Answer[], outcome: Outcome): void {
    if (trail.length >= this.maximumEntries) return;
    while (this.#entries + missingOf(holder.trees[slot], trail) > this.maximumEntries) {
      this.#forgetOne();
    }
    // Look it up only now: the loop above may have forgotten this very tree.
    const tree = holder.trees[slot];
    if (tree === undefined) this.#plant(holder, slot, trail, outcome);
    else this.#graft(tree, trail, outcome);
  }

  #plant(holder: TreeHolder, slot: number, trail: readonly Answer[], outcome: Outcome): void {
    const root = branchOf(trail, 0, outcome);
    const tree = { root, holder, slot, entries: trail.length + 1, recent: false };
    holder.trees[slot] = tree;
    this.#ring.push(tree);
    this.#entries += tree.entries;
  }

  #graft(tree: DecisionTree, trail: readonly Answer[], outcome: Outcome): void {
    let branch = tree.root;
    for (const [index, { question, answer }] of trail.entries()) {
      if (branch.question !== question) throw inconstant(question);
      const next = answer ? branch.yes : branch.no;
      if (next !== undefined) {
        branch = next;
        continue;
      }
      const grown = branchOf(trail, index + 1, outcome);
      if (answer) branch.yes = grown;
      else branch.no = grown;
      tree.entries += trail.length - index;
      this.#entries += trail.length - index;
      return;
    }
  }

  #forgetOne(): void {
    for (;;) {
      if (this.#hand >= this.#ring.length) this.#hand = 0;
      const tree = this.#ring[this.#hand];
      if (tree === undefined) return;
      if (!tree.recent) {
        this.#forget(tree);
        return;
      }
      tree.recent = false;
      this.#hand += 1;
    }
  }

  #forget(tree: DecisionTree): void {
    const last = this.#ring.pop();
    if (last !== undefined && last !== tree) this.#ring[this.#hand] = last;
    // Skip the tree that takes its place: the newest one, which has had no time to be used.
    this.#hand += 1;
    tree.holder.trees[tree.slot] = undefined;
    this.#entries -= tree.entries;
    this.#evictions += 1;
  }
}

/** How many entries the tree lacks for a trail. */
function missingOf(tree: DecisionTree | undefined, trail: readonly Answer[]): number {
  let branch = tree?.root;
  let known = 0;
  while (branch !== undefined && known <= trail.length) {
    branch = trail[known]?.answer === true ? branch.yes : branch.no;
    known += 1;
  }
  return trail.length + 1 - known;
}

function branchOf(trail: readonly Answer[], from: number, outcome: Outcome): Branch {
  let branch: Branch = { question: undefined, outcome, yes: undefined, no: undefined };
  for (const { question, answer } of trail.slice(from).reverse()) {
    const yes = answer ? branch : undefined;
    const no = answer ? undefined : branch;
    branch = { question, outcome: undefined, yes, no };
  }
  return branch;
}

function inconstant(question: Question): OrderchartError {
  const reason = `guard "${question.label}" was asked where another one was asked before`;
  return new OrderchartError('chartDefect', `The chart is not deterministic: ${reason}.`, {
    details: { reason },
  });
}
