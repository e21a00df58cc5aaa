import { faultTest } from './kit/short-form.ts';
import { failoverFrozen } from './scenarios/failover.ts';

faultTest(failoverFrozen);
