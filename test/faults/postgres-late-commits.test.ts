import { faultTest } from './kit/short-form.ts';
import { lateCommits } from './scenarios/late-commits.ts';

faultTest(lateCommits);
