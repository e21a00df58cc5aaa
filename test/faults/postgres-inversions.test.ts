import { faultTest } from './kit/short-form.ts';
import { inversions } from './scenarios/inversions.ts';

faultTest(inversions);
