import type { FaultTest } from './kit/fault-test.ts';
import { brokerTests } from './scenarios/broker.ts';
import { contention } from './scenarios/contention.ts';
import { cut } from './scenarios/cut.ts';
import { deadlines } from './scenarios/deadlines.ts';
import { dump } from './scenarios/dump.ts';
import { failoverFrozen, failoverHosts, failoverSynchronous } from './scenarios/failover.ts';
import { failoverBehind, failoverPooler } from './scenarios/failover-behind.ts';
import { failoverClock } from './scenarios/failover-clock.ts';
import { failoverReads } from './scenarios/failover-reads.ts';
import { failoverRestart } from './scenarios/failover-restart.ts';
import { failoverRestored } from './scenarios/failover-restored.ts';
import { failoverRestoredSqlite } from './scenarios/failover-restored-sqlite.ts';
import { failoverStandby } from './scenarios/failover-standby.ts';
import { failoverStatuses } from './scenarios/failover-statuses.ts';
import { freeze } from './scenarios/freeze.ts';
import { inversions } from './scenarios/inversions.ts';
import { killOnPostgres, killOnSqlite } from './scenarios/kill.ts';
import { lateCommits } from './scenarios/late-commits.ts';
import { memoryOnPostgres, memoryOnSqlite } from './scenarios/memory.ts';
import { poison } from './scenarios/poison.ts';
import { restart } from './scenarios/restart.ts';
import { terminateOnPostgres, terminateOnSqlite } from './scenarios/terminate.ts';

/** Every fault test, in the order in which `npm run soak` runs them. */
export const faultTests: readonly FaultTest[] = [
  killOnPostgres,
  killOnSqlite,
  lateCommits,
  inversions,
  contention,
  cut,
  restart,
  freeze,
  poison,
  deadlines,
  dump,
  terminateOnPostgres,
  terminateOnSqlite,
  memoryOnPostgres,
  memoryOnSqlite,
  failoverSynchronous,
  failoverHosts,
  failoverFrozen,
  failoverBehind,
  failoverPooler,
  failoverStatuses,
  failoverRestart,
  failoverRestored,
  failoverRestoredSqlite,
  failoverStandby,
  failoverReads,
  failoverClock,
  ...Object.values(brokerTests),
];
