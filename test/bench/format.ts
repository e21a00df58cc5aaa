import type { Spread } from './statistics.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

export function formatNumber(value: number): string {
  return Math.abs(value) >= 1000 ? whole.format(value) : precise.format(value);
}

/** The median, and in which range the rounds lay. */
export function formatSpread({ median, lowest, highest }: Spread, unit: string): string {
  const range = `${formatNumber(lowest)} to ${formatNumber(highest)}`;
  return `${formatNumber(median)} ${unit} (${range})`;
}
