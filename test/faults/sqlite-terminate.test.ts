import { faultTest } from './kit/short-form.ts';
import { terminateOnSqlite } from './scenarios/terminate.ts';

faultTest(terminateOnSqlite);
