export { compileRules, type RulesOptions } from './compile.ts';
export {
  type CommandExplanation,
  type Decision,
  type OrderRules,
  type OrderState,
  type ParsedCommand,
  type Rejection,
  type RejectionCode,
  rejectionCodes,
} from './types.ts';
