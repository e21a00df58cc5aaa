export { learnChart } from './chart.ts';
export { type ChartDefinition, type ChartExtension, extendChart } from './extend.ts';
export { toMermaid } from './mermaid.ts';
export type {
  Chart,
  ChartEvent,
  ChartExplanation,
  ChartNode,
  ChartStep,
  ChartValue,
} from './types.ts';
