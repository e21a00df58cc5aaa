import { faultTest } from './kit/short-form.ts';
import { contention } from './scenarios/contention.ts';

faultTest(contention);
