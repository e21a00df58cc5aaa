import type { Benchmark } from './benchmark.ts';
import { benchGrowth } from './growth.ts';
import { benchHeap } from './heap.ts';
import { benchLearnedChart } from './learning.ts';
import { benchMemory } from './memory.ts';
import { benchPostgres } from './postgres/throughput.ts';
import { benchSqlite } from './sqlite.ts';

/** Every benchmark by its name, in the order in which they run. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  chart: { title: "Learned chart against XState's pure transition()", run: benchLearnedChart },
  memory: { title: 'Engine in memory', run: benchMemory },
  sqlite: { title: 'Engine on SQLite against the bare SQL floor', run: benchSqlite },
  postgres: {
    title: 'Engine on Postgres against the bare SQL floor and the hand-written way',
    run: benchPostgres,
  },
  heap: { title: 'Memory', run: benchHeap },
  growth: { title: 'Cost of a command as orders are stored', run: benchGrowth },
};
