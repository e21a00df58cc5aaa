import { formatMinorUnits } from 'orderchart';

/** Formats an amount with its digits in groups: `1,234.50 BRL`. */
export function money(amount: number, currency: string): string {
  const [whole = '', fraction] = formatMinorUnits(amount, currency).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped}${fraction === undefined ? '' : `.${fraction}`} ${currency}`;
}

/** Formats a count with its digits in groups: `12,345`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Formats a time to the minute, UTC: `2018-01-25 13:34`. */
export function minute(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** Formats a day, UTC: `2018-01-25`. */
export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Formats a count with its noun: `1 order`, `2 orders`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Draws a bar of at most `width` characters, and of at least one for anything above zero. */
export function bar(value: number, whole: number, width: number): string {
  if (value <= 0 || whole <= 0) return '';
  return '█'.repeat(Math.max(1, Math.round((value / whole) * width)));
}
