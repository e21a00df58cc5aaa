export { compileRules, type RulesOptions } from './compile.ts';
export {
  type CommandExplanation,
  type DecidedEvent,
  type Decision,
  type DecisionEnvironment,
  type OrderRules,
  type OrderState,
  type ParsedCommand,
  type Rejection,
  type RejectionCode,
  rejectionCodes,
} from './types.ts';
