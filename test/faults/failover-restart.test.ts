import { faultTest } from './kit/short-form.ts';
import { failoverRestart } from './scenarios/failover-restart.ts';

faultTest(failoverRestart);
