import { describeProgram } from '../services.ts';
import { faultTest } from './kit/short-form.ts';
import { brokerTests } from './scenarios/broker.ts';

describeProgram('kcat', () => faultTest(brokerTests.kafka));
