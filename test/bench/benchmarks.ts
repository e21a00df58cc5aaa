import type { Benchmark } from './benchmark.ts';
import { benchGrowth } from './growth.ts';
import { benchHeap } from './heap.ts';
import { benchLearnedChart } from './learning.ts';
import { benchMemory } from './memory.ts';
import { benchPostgresLoad } from './postgres/load.ts';
import { benchPostgresMillion } from './postgres/million.ts';
import { benchPostgresProcesses } from './postgres/processes.ts';
import { benchPostgres } from './postgres/throughput.ts';
import { benchSqlite } from './sqlite.ts';
import { benchTransports } from './transports/transports.ts';

/** Every benchmark by its name, in the order in which they run. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  chart: { title: "Learned chart against XState's pure transition()", run: benchLearnedChart },
  memory: { title: 'Engine in memory', run: benchMemory },
  sqlite: { title: 'Engine on SQLite against the bare SQL floor', run: benchSqlite },
  postgres: {
    title: 'Engine on Postgres against the bare SQL floor and the hand-written way',
    run: benchPostgres,
  },
  load: { title: 'Latency and delivery on Postgres at half of its load', run: benchPostgresLoad },
  processes: { title: 'Several engine processes on one Postgres', run: benchPostgresProcesses },
  million: {
    title: 'A million orders on Postgres',
    run: benchPostgresMillion,
    isLong: true,
  },
  transports: {
    title: 'Transports against bare publishers with the same clients',
    run: benchTransports,
  },
  heap: { title: 'Memory', run: benchHeap },
  growth: { title: 'Cost of a command as orders are stored', run: benchGrowth },
};
