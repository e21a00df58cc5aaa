import { faultTest } from './kit/short-form.ts';
import { restart } from './scenarios/restart.ts';

faultTest(restart);
