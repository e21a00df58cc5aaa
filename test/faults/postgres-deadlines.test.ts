import { faultTest } from './kit/short-form.ts';
import { deadlines } from './scenarios/deadlines.ts';

faultTest(deadlines);
