import { faultTest } from './kit/short-form.ts';
import { failoverClock } from './scenarios/failover-clock.ts';

faultTest(failoverClock);
