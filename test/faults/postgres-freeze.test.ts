import { faultTest } from './kit/short-form.ts';
import { freeze } from './scenarios/freeze.ts';

faultTest(freeze);
