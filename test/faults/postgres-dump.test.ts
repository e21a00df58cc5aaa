import { describeProgram } from '../services.ts';
import { faultTest } from './kit/short-form.ts';
import { dump } from './scenarios/dump.ts';

describeProgram('pg_dump', () => faultTest(dump));
