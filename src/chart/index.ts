export { type ChartOptions, learnChart } from './chart.ts';
export { type ChartDefinition, type ChartExtension, extendChart } from './extend.ts';
export { toMermaid } from './mermaid.ts';
export type {
  Chart,
  ChartEvent,
  ChartExplanation,
  ChartNode,
  ChartStats,
  ChartStep,
  ChartTimer,
  ChartTransition,
  ChartValue,
  GuardAnswer,
} from './types.ts';
