import { faultTest } from './kit/short-form.ts';
import { failoverHosts } from './scenarios/failover.ts';

faultTest(failoverHosts);
