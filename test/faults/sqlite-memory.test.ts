import { faultTest } from './kit/short-form.ts';
import { memoryOnSqlite } from './scenarios/memory.ts';

faultTest(memoryOnSqlite);
