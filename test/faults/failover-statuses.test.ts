import { faultTest } from './kit/short-form.ts';
import { failoverStatuses } from './scenarios/failover-statuses.ts';

faultTest(failoverStatuses);
