import { faultTest } from './kit/short-form.ts';
import { failoverBehind } from './scenarios/failover-behind.ts';

faultTest(failoverBehind);
