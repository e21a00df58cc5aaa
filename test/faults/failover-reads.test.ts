import { faultTest } from './kit/short-form.ts';
import { failoverReads } from './scenarios/failover-reads.ts';

faultTest(failoverReads);
