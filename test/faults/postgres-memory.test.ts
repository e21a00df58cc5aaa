import { faultTest } from './kit/short-form.ts';
import { memoryOnPostgres } from './scenarios/memory.ts';

faultTest(memoryOnPostgres);
