import { faultTest } from './kit/short-form.ts';
import { dump } from './scenarios/dump.ts';

faultTest(dump);
