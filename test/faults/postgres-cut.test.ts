import { faultTest } from './kit/short-form.ts';
import { cut } from './scenarios/cut.ts';

faultTest(cut);
