import { faultTest } from './kit/short-form.ts';
import { failoverRestored } from './scenarios/failover-restored.ts';

faultTest(failoverRestored);
