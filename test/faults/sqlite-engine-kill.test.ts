import { faultTest } from './kit/short-form.ts';
import { killOnSqlite } from './scenarios/kill.ts';

faultTest(killOnSqlite);
