/** An entry of the package as hosts import it. */
export interface Entry {
  readonly name: string;
  /** A function or class that must be there, by this name, in both module formats and the types. */
  readonly exported: string;
  /** Optional peers that this entry needs; the others must work without them. */
  readonly peers: readonly string[];
}

/** One row for each entry of `exports` in package.json, in its order. */
export const entries: readonly Entry[] = [
  { name: 'orderchart', exported: 'OrderchartError', peers: [] },
  { name: 'orderchart/sqlite', exported: 'sqliteStore', peers: [] },
  { name: 'orderchart/testing', exported: 'storeConformance', peers: ['fast-check'] },
];
