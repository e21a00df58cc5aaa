import type { OrderPolicy } from './policy.ts';
import type { CurrencyCode, JsonObject, MinorUnits, Timestamp, Units } from './values.ts';

/**
 * An order: ledgers and documents, the fold of its events. Immutable, plain JSON. What it *is*
 * at the moment (`paid`, `shipped`...) is not here but in its status, which follows from this.
 */
export interface Order {
  readonly id: string;
  readonly tenantId: string;
  /** For people, unique per tenant: `SO-2026-000123`. */
  readonly number: string | null;
  readonly customerId: string | null;
  readonly currency: CurrencyCode;
  /** The sum of all components as placed; never changes. */
  readonly total: MinorUnits;
  readonly policy: OrderPolicy;
  readonly lines: readonly Line[];
  readonly charges: readonly Charge[];
  readonly payments: readonly Payment[];
  readonly shipments: readonly Shipment[];
  readonly fulfillments: readonly Fulfillment[];
  readonly returns: readonly Return[];
  /** What was credited without a payout of its own, by `order.credit`. */
  readonly credits: readonly Credit[];
  readonly holds: readonly Hold[];
  readonly discrepancies: Discrepancies;
  /** Given away beyond what any component was charged. */
  readonly goodwill: MinorUnits;
  readonly placedAt: Timestamp;
  readonly confirmedAt: Timestamp | null;
  readonly completedAt: Timestamp | null;
  readonly cancelledAt: Timestamp | null;
  readonly expiredAt: Timestamp | null;
  readonly archivedAt: Timestamp | null;
  /** The latest `deliveredAt` of the shipments; the return window starts here. */
  readonly deliveredAt: Timestamp | null;
  /** Money ever moved when the order expired: more than this later is late money. */
  readonly grossAtExpiry: MinorUnits;
  /** The host's own, set by `order.place` and `order.annotate`. */
  readonly metadata: JsonObject;
  /** The data of each extension, by its name. */
  readonly extensions: Readonly<Record<string, JsonObject>>;
}

/** One thing sold, in units. All counts are non-negative and only the recipes change them. */
export interface Line {
  readonly id: string;
  readonly sku: string | null;
  readonly title: string | null;
  readonly unitPrice: MinorUnits;
  /** Units times price, less the line's discount and its share of the order's. */
  readonly net: MinorUnits;
  readonly tax: MinorUnits;
  readonly ordered: Units;
  readonly cancelled: Units;
  readonly shipped: Units;
  readonly delivered: Units;
  readonly lost: Units;
  readonly returnedToSender: Units;
  /** Told twice of one shipment, lost and found: delivered or sent back after all. They count once. */
  readonly found: Units;
  readonly returnRequested: Units;
  readonly returned: Units;
  /** Units whose price was credited, by a refund or by `order.credit`. */
  readonly creditedUnits: Units;
  /** Of them, those that came back by a return. */
  readonly creditedReturns: Units;
  /** Of them, those that were lost or came back to the sender. */
  readonly creditedMissing: Units;
  /** No longer owed, for cancelled units. */
  readonly cancelledAmount: MinorUnits;
  /** No longer owed, by refunds and credits. */
  readonly creditedAmount: MinorUnits;
  /** Whether the unit price includes the tax; absent where it does not. */
  readonly taxIncluded?: true;
  /** What the tax is made of; absent where only its sum was told. */
  readonly taxes?: readonly Tax[];
  /** Taken off before `net`, as far as it has codes; absent where nothing has. */
  readonly discounts?: readonly AmountByCode[];
  /** The tax in `cancelledAmount`; absent while there is none. */
  readonly cancelledTax?: MinorUnits;
  /** The tax in `creditedAmount`; absent while there is none. */
  readonly creditedTax?: MinorUnits;
}

/** An amount with the code that it goes by at the host: of a tax, or of a discount. */
export interface AmountByCode {
  readonly code: string;
  readonly amount: MinorUnits;
}

/** One of the taxes of a line or a charge. */
export interface Tax extends AmountByCode {
  /** In percent, as decimal text: `19`, `8.875`. Told, never computed with. */
  readonly rate?: string;
  /** No longer owed, for cancelled units; absent while there is none. */
  readonly cancelled?: MinorUnits;
  /** No longer owed, by refunds; absent while there is none. */
  readonly credited?: MinorUnits;
}

/** A component that is not a line: shipping, gift wrap, a fee. */
export interface Charge {
  readonly id: string;
  readonly net: MinorUnits;
  readonly tax: MinorUnits;
  readonly creditedAmount: MinorUnits;
  /** As of a line; each absent where it has nothing to say. */
  readonly taxes?: readonly Tax[];
  readonly discounts?: readonly AmountByCode[];
  readonly creditedTax?: MinorUnits;
}

/** One means of payment. The six figures follow from the movements and operations below them. */
export interface Payment {
  readonly id: string;
  readonly method: string | null;
  readonly authorized: MinorUnits;
  readonly captured: MinorUnits;
  /** Asked for, and still able to succeed. */
  readonly capturePending: MinorUnits;
  readonly released: MinorUnits;
  readonly refunded: MinorUnits;
  /** Asked for, and still able to succeed. */
  readonly refundPending: MinorUnits;
  readonly movements: readonly Movement[];
  readonly operations: readonly Operation[];
}

export type MovementKind =
  | 'authorized'
  | 'captured'
  | 'voided'
  | 'refunded'
  | 'reversed'
  | 'expired'
  | 'actionRequired'
  | 'failed';

/**
 * What was reported of a payment, once per (kind, objectId), however often and by whomever it was
 * told: the provider's webhook and the answer to our own call are the same movement.
 */
export interface Movement {
  readonly kind: MovementKind;
  /** The provider's id of this movement (the capture, the refund), not of the payment. */
  readonly objectId: string;
  /** The greatest amount reported for it. */
  readonly amount: MinorUnits;
  /** A capture that authorized as well. */
  readonly sale: boolean;
  readonly operationId: string | null;
}

export type OperationKind = 'authorize' | 'capture' | 'void' | 'refund';

/** Something we asked a provider to do; its id is the provider's idempotency key (law M9). */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly amount: MinorUnits;
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** A capture after whose success the rest of the authorization is released. */
  readonly releaseRemainder: boolean;
  readonly cause: string | null;
}

/** Units of one line. */
export interface LineUnits {
  readonly lineId: string;
  readonly units: Units;
}

/** A parcel, or a grant of something that needs none: units so far, by line. */
export interface Shipment {
  readonly id: string;
  readonly carrier: string | null;
  readonly tracking: string | null;
  readonly dispatched: readonly LineUnits[];
  /** Did not leave after all; `shipped` of a line counts what was dispatched and not voided. */
  readonly voided: readonly LineUnits[];
  readonly delivered: readonly LineUnits[];
  readonly lost: readonly LineUnits[];
  readonly returnedToSender: readonly LineUnits[];
  /** The latest delivery that a report dated, else when the first one was recorded. */
  readonly deliveredAt: Timestamp | null;
  /** Whether a report told `deliveredAt`. */
  readonly deliveryDated: boolean;
}

/** A request to whoever picks and packs. */
export interface Fulfillment {
  readonly id: string;
  readonly lines: readonly LineUnits[];
}

export interface Return {
  readonly id: string;
  readonly decision: 'open' | 'approved' | 'declined';
  /** When it was approved; its deadline counts from then. */
  readonly approvedAt: Timestamp | null;
  /** Closed: what never came is expected no more, and what was not inspected is not accepted. */
  readonly isClosed: boolean;
  readonly requested: readonly LineUnits[];
  readonly inTransit: readonly LineUnits[];
  readonly received: readonly LineUnits[];
  readonly accepted: readonly LineUnits[];
  readonly rejected: readonly LineUnits[];
}

/** A credit: the order costs less; what is owed by it is paid back by a refund. */
export interface Credit {
  readonly id: string;
  readonly cause: string;
  readonly causeId: string | null;
  readonly amount: MinorUnits;
}

export interface Hold {
  readonly reason: string;
  readonly heldAt: Timestamp;
}

/** Laws that the ledgers break at present, and those somebody has accepted as they are. */
export interface Discrepancies {
  readonly open: readonly OpenDiscrepancy[];
  readonly accepted: readonly AcceptedDiscrepancy[];
}

export interface OpenDiscrepancy {
  readonly id: string;
  readonly law: string;
  /** What breaks it: `order`, `line:<id>`, `payment:<id>`. */
  readonly subject: string;
}

export interface AcceptedDiscrepancy {
  readonly law: string;
  readonly subject: string;
  /** The figures at the time; other figures are another discrepancy. */
  readonly figures: Readonly<Record<string, number>>;
}
