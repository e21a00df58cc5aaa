import { faultTest } from './kit/short-form.ts';
import { brokerTests } from './scenarios/broker.ts';

faultTest(brokerTests.webhook);
