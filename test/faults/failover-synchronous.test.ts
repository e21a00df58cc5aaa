import { faultTest } from './kit/short-form.ts';
import { failoverSynchronous } from './scenarios/failover.ts';

faultTest(failoverSynchronous);
