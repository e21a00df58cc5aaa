import { faultTest } from './kit/short-form.ts';
import { failoverRestoredSqlite } from './scenarios/failover-restored-sqlite.ts';

faultTest(failoverRestoredSqlite);
