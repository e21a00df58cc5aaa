import { faultTest } from './kit/short-form.ts';
import { failoverPooler } from './scenarios/failover-behind.ts';

faultTest(failoverPooler);
