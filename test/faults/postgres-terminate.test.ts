import { faultTest } from './kit/short-form.ts';
import { terminateOnPostgres } from './scenarios/terminate.ts';

faultTest(terminateOnPostgres);
