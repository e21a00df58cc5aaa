import type { FaultTest } from './kit/fault-test.ts';
import { freeze } from './scenarios/freeze.ts';
import { killOnPostgres, killOnSqlite } from './scenarios/kill.ts';
import { restart } from './scenarios/restart.ts';
import { terminateOnPostgres, terminateOnSqlite } from './scenarios/terminate.ts';

/** Every fault test, in the order in which `npm run soak` runs them. */
export const faultTests: readonly FaultTest[] = [
  killOnPostgres,
  killOnSqlite,
  restart,
  freeze,
  terminateOnPostgres,
  terminateOnSqlite,
];
