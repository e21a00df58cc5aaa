import { faultTest } from './kit/short-form.ts';
import { poison } from './scenarios/poison.ts';

faultTest(poison);
