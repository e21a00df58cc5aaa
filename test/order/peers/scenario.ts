import { it } from 'vitest';

/** Public shops and platforms whose test suites, issues and documentation say what orders must survive. */
export const peers = [
  'medusa',
  'solidus',
  'vendure',
  'saleor',
  'sylius',
  'sylius-refund',
  'sylius-stripe',
  'spree',
  'woocommerce',
  'woo-stripe',
  'woo-paypal',
  'wcpay',
  'magento2',
  'prestashop',
  'shopify',
  'stripe',
  'adyen',
  'adyen-magento2',
  'setono',
  'mollie',
  'checkout-com',
  'hyperswitch',
  'polar',
] as const;

export type Peer = (typeof peers)[number];

/** An issue or pull request of a peer, a named test of its suite, or a page of its documentation. */
export type Source =
  | `${Peer} #${number}`
  | `${Peer} PR #${number}`
  | `${Peer} test: ${string}`
  | `${Peer} docs: ${string}`;

/** What came out of the same input on commit 5c2c711, before the order was measured by its peers. */
export type Before = 'right' | `wrong: ${string}` | `could not be said: ${string}`;

export interface Origin {
  /** Where the need is known from. */
  readonly peer: Source | readonly [Source, ...Source[]];
  readonly before: Before;
}

/**
 * A test with its origin. Call it at the top of a file, not inside `describe`: the catalogue reads
 * the files of this folder with a `scenario` that takes notes and tests nothing.
 */
export function scenario(origin: Origin, sentence: string, test: () => void): void {
  it(`${sentence} (${sourcesOf(origin).join(', ')})`, test);
}

export function sourcesOf({ peer }: Origin): readonly Source[] {
  return typeof peer === 'string' ? [peer] : peer;
}
