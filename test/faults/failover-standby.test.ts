import { faultTest } from './kit/short-form.ts';
import { failoverStandby } from './scenarios/failover-standby.ts';

faultTest(failoverStandby);
