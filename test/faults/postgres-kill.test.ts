import { faultTest } from './kit/short-form.ts';
import { killOnPostgres } from './scenarios/kill.ts';

faultTest(killOnPostgres);
