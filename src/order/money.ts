import { OrderchartError } from '../errors.ts';
import type { CurrencyCode, MinorUnits, Units } from './values.ts';

/**
 * ISO 4217 exponents that differ from 2: how many decimals the minor unit has.
 * Source: ISO 4217 list one, column "Mnr unt".
 */
const exponents: ReadonlyMap<string, 0 | 3 | 4> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG'].map((c) => [c, 0] as const),
  ...['RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map((c) => [c, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((c) => [c, 3] as const),
  ...['CLF', 'UYW'].map((c) => [c, 4] as const),
]);

/**
 * The number of decimals of a currency's minor unit (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD,
 * 4 for CLF. Law M8.
 */
export function currencyExponent(currency: CurrencyCode): 0 | 2 | 3 | 4 {
  return exponents.get(currency) ?? 2;
}

/**
 * Formats an amount for people, without grouping: `formatMinorUnits(3334, 'EUR')` is `33.34`.
 * Works on digits, never on fractions, so nothing is rounded.
 */
export function formatMinorUnits(amount: MinorUnits, currency: CurrencyCode): string {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const text = exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`;
  return amount < 0 ? `-${text}` : text;
}

/**
 * The largest single amount, in minor units: far above any real payment, and low enough that
 * hundreds of them add up to a safe integer (law M8). No command, event or operation exceeds it.
 */
export const maximumAmount = 10_000_000_000_000;

/**
 * Limits what one operation asks for to the largest single amount (law M8). The rest stays due, and
 * is requested once the operation has succeeded.
 */
export function inOneOperation(due: MinorUnits): MinorUnits {
  return Math.min(due, maximumAmount);
}

/** Adds amounts of one currency; a sum beyond the safe integers is an error (law M8). */
export function addAmounts(...amounts: readonly MinorUnits[]): MinorUnits {
  let sum = 0;
  for (const amount of amounts) {
    sum += amount;
    if (!Number.isSafeInteger(sum)) throw amountOverflow();
  }
  return sum;
}

function amountOverflow(): OrderchartError {
  return new OrderchartError(
    'domainDefect',
    'Defect: amounts add up to more than 9007199254740991 minor units; nothing was written.',
  );
}

/**
 * The price of the first `count` of `units` equal units, when all of them cost `whole`. The first
 * units carry the remainder, so the shares of 10000 over 3 are 3334, 3333, 3333 and any run of
 * units refunded one by one sums exactly to the whole (law M5). With `first`, the remainder starts
 * at that unit instead, and wraps around.
 */
export function shareOfUnits(
  whole: MinorUnits,
  units: Units,
  count: Units,
  first: Units = 0,
): MinorUnits {
  const remainder = whole % units;
  const wrapped = Math.max(0, first + remainder - units);
  const carried = Math.min(Math.max(0, count - first), remainder) + Math.min(count, wrapped);
  return ((whole - remainder) / units) * count + carried;
}

/**
 * Splits `amount` in proportion to `weights`, exactly: the parts sum to `amount`, no part
 * differs from its exact share by one minor unit or more, and equal input gives equal output
 * (largest remainder, ties to the first). All weights zero: everything goes to the first.
 */
export function allocateAmount(
  amount: MinorUnits,
  weights: readonly number[],
): readonly MinorUnits[] {
  const total = addAmounts(...weights);
  if (total === 0) return weights.map((_, index) => (index === 0 ? amount : 0));
  const parts: MinorUnits[] = [];
  const remainders: { readonly index: number; readonly remainder: number }[] = [];
  let left = amount;
  for (const [index, weight] of weights.entries()) {
    const { part, remainder } = proportion(amount, weight, total);
    parts.push(part);
    remainders.push({ index, remainder });
    left -= part;
  }
  // Sorting keeps equal remainders in sequence, so ties go to the first.
  remainders.sort((one, other) => other.remainder - one.remainder);
  for (const { index } of remainders.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** `amount * weight / total` as whole and remainder, exactly; large products exceed a number. */
function proportion(
  amount: MinorUnits,
  weight: number,
  total: number,
): { readonly part: MinorUnits; readonly remainder: number } {
  const product = amount * weight;
  if (Number.isSafeInteger(product)) {
    const remainder = product % total;
    return { part: (product - remainder) / total, remainder };
  }
  const [exact, whole] = [BigInt(amount) * BigInt(weight), BigInt(total)];
  return { part: Number(exact / whole), remainder: Number(exact % whole) };
}
