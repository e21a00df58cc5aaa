import type { Amendment, Exchange } from './changes.ts';
import type { Payment } from './payment.ts';
import type { OrderPolicy } from './policy.ts';
import type {
  CurrencyCode,
  JsonObject,
  LineUnits,
  MinorUnits,
  Timestamp,
  Units,
} from './values.ts';

export type { LineUnits } from './values.ts';

/**
 * An order: ledgers and documents, the fold of its events. Immutable, plain JSON. Its current state
 * (`paid`, `shipped`...) is not here but in its status.
 */
export interface Order {
  /** The host's id, or a UUIDv7, unique per tenant. */
  readonly id: string;
  /** The tenant that owns it. */
  readonly tenantId: string;
  /** For people, unique per tenant: `SO-2026-000123`. */
  readonly number: string | null;
  /** The host's id of the customer; orders are listed by it. */
  readonly customerId: string | null;
  /** The one currency of the order. */
  readonly currency: CurrencyCode;
  /** The sum of all components as placed or added; never less than before. */
  readonly total: MinorUnits;
  /** The rules that it was placed with. */
  readonly policy: OrderPolicy;
  /** What was sold. */
  readonly lines: readonly Line[];
  /** What costs something but is not a line: shipping, fees. */
  readonly charges: readonly Charge[];
  /** The means of payment, oldest first. */
  readonly payments: readonly Payment[];
  /** The parcels and grants. */
  readonly shipments: readonly Shipment[];
  /** The requests to pick and pack. */
  readonly fulfillments: readonly Fulfillment[];
  /** The returns, whether requested or only reported. */
  readonly returns: readonly Return[];
  /** The credits of `order.credit`, which have no payout of their own. */
  readonly credits: readonly Credit[];
  /** Changes after it was placed; absent until there is one. */
  readonly amendments?: readonly Amendment[];
  /** Units that come back for others; absent until there are some. */
  readonly exchanges?: readonly Exchange[];
  /** The reasons that hold it, besides discrepancies. */
  readonly holds: readonly Hold[];
  /** Laws that its ledgers break. */
  readonly discrepancies: Discrepancies;
  /** Given away beyond what any component was charged. */
  readonly goodwill: MinorUnits;
  /** When it was placed. */
  readonly placedAt: Timestamp;
  /** When it was first confirmed; never changes after that. */
  readonly confirmedAt: Timestamp | null;
  /** When it was completed; `null` again when it is reopened. */
  readonly completedAt: Timestamp | null;
  /** When it was last cancelled. */
  readonly cancelledAt: Timestamp | null;
  /** When it expired. */
  readonly expiredAt: Timestamp | null;
  /** When it was archived. */
  readonly archivedAt: Timestamp | null;
  /** The latest `deliveredAt` of the shipments; the return window starts here. */
  readonly deliveredAt: Timestamp | null;
  /**
   * When something was last paid, requested from a provider, cancelled or credited. The wait before
   * money goes back starts here.
   */
  readonly moneyChangedAt: Timestamp;
  /** All money ever moved by the time the order expired; anything beyond it is late money. */
  readonly grossAtExpiry: MinorUnits;
  /** The host's own data, set by `order.place` and `order.annotate`. */
  readonly metadata: JsonObject;
  /** The data of each extension, by its name. */
  readonly extensions: Readonly<Record<string, JsonObject>>;
}

/** One thing sold, in units. All counts are non-negative and only the recipes change them. */
export interface Line {
  /** The host's id, unique among the lines of the order. */
  readonly id: string;
  /** The host's stock keeping unit. */
  readonly sku: string | null;
  /** What it is, for people. */
  readonly title: string | null;
  /** The price of one unit as ordered, before discounts. */
  readonly unitPrice: MinorUnits;
  /** Units times price, less the line's discount and its share of the order's. */
  readonly net: MinorUnits;
  /** The tax on the whole line, in minor units. */
  readonly tax: MinorUnits;
  /** Units as placed; never changes. */
  readonly ordered: Units;
  /** Units cancelled, by request or by expiry. */
  readonly cancelled: Units;
  /** Units dispatched, less those whose dispatch was voided. */
  readonly shipped: Units;
  /** Units that arrived. */
  readonly delivered: Units;
  /** Units that were reported lost. */
  readonly lost: Units;
  /** Units that came back undelivered. */
  readonly returnedToSender: Units;
  /** Units reported twice for one shipment, such as lost and later delivered. They count once. */
  readonly found: Units;
  /** Units expected back in a return, and not yet received. */
  readonly returnRequested: Units;
  /** Units received back in a return. */
  readonly returned: Units;
  /** Units whose price was credited, by a refund or by `order.credit`. */
  readonly creditedUnits: Units;
  /** Of them, those that came back in a return. */
  readonly creditedReturns: Units;
  /** Of them, those that were lost or came back to the sender. */
  readonly creditedMissing: Units;
  /** No longer owed, for cancelled units. */
  readonly cancelledAmount: MinorUnits;
  /** No longer owed, by refunds and credits. */
  readonly creditedAmount: MinorUnits;
  /** Whether the unit price includes the tax; absent if it does not. */
  readonly taxIncluded?: true;
  /** The taxes that make up the tax; absent if only the sum is known. */
  readonly taxes?: readonly Tax[];
  /** Discounts already taken off `net`, as far as they have codes; absent if none has. */
  readonly discounts?: readonly AmountByCode[];
  /** The tax in `cancelledAmount`; absent while there is none. */
  readonly cancelledTax?: MinorUnits;
  /** The tax in `creditedAmount`; absent while there is none. */
  readonly creditedTax?: MinorUnits;
}

/** An amount of a tax or discount, with the host's code for it. */
export interface AmountByCode {
  /** The code, unique within its list: a tax code, a coupon. */
  readonly code: string;
  /** Minor units of the order's currency. */
  readonly amount: MinorUnits;
}

/** One of the taxes of a line or a charge. */
export interface Tax extends AmountByCode {
  /** In percent, as decimal text: `19`, `8.875`. The engine never computes with it. */
  readonly rate?: string;
  /** No longer owed, for cancelled units; absent while there is none. */
  readonly cancelled?: MinorUnits;
  /** No longer owed, by refunds; absent while there is none. */
  readonly credited?: MinorUnits;
}

/** A component that is not a line: shipping, gift wrap, a fee. */
export interface Charge {
  /** The host's id, unique among the charges of the order. */
  readonly id: string;
  /** The amount without tax, in minor units. */
  readonly net: MinorUnits;
  /** The tax, in minor units. */
  readonly tax: MinorUnits;
  /** No longer owed, by refunds and credits. */
  readonly creditedAmount: MinorUnits;
  /** The taxes that make up the tax; absent if only the sum is known. */
  readonly taxes?: readonly Tax[];
  /** Discounts already taken off `net`, by code; absent if there are none. */
  readonly discounts?: readonly AmountByCode[];
  /** The tax in `creditedAmount`; absent while there is none. */
  readonly creditedTax?: MinorUnits;
}

/** A parcel, or a grant of something that needs none: units so far, by line. */
export interface Shipment {
  /** The host's id of the parcel; for a grant, `grant:` and the id of its object. */
  readonly id: string;
  /** Who carries it. */
  readonly carrier: string | null;
  /** The carrier's tracking number. */
  readonly tracking: string | null;
  /** Units handed over. */
  readonly dispatched: readonly LineUnits[];
  /** Units that did not leave after all. A line's `shipped` excludes them. */
  readonly voided: readonly LineUnits[];
  /** Units that arrived. */
  readonly delivered: readonly LineUnits[];
  /** Units that were reported lost. */
  readonly lost: readonly LineUnits[];
  /** Units that came back undelivered. */
  readonly returnedToSender: readonly LineUnits[];
  /** The latest delivery time that a report gave; otherwise, when the first one was recorded. */
  readonly deliveredAt: Timestamp | null;
  /** Whether a report gave `deliveredAt`. */
  readonly deliveryDated: boolean;
}

/** A request to pick and pack units. */
export interface Fulfillment {
  /** The host's id of the request. */
  readonly id: string;
  /** The units to pick. */
  readonly lines: readonly LineUnits[];
}

/** Units coming back from the customer. They are cumulative, by line. */
export interface Return {
  /** The host's id. */
  readonly id: string;
  /** Whether the seller takes the units back; `open` until decided. */
  readonly decision: 'open' | 'approved' | 'declined';
  /** When it was approved; its deadline counts from then. */
  readonly approvedAt: Timestamp | null;
  /** Closed: units not received are no longer expected, units not inspected are not accepted. */
  readonly isClosed: boolean;
  /** Units that the customer wants to send. */
  readonly requested: readonly LineUnits[];
  /** Units on their way. */
  readonly inTransit: readonly LineUnits[];
  /** Units that arrived. */
  readonly received: readonly LineUnits[];
  /** Units inspected and accepted. */
  readonly accepted: readonly LineUnits[];
  /** Units inspected and not accepted. */
  readonly rejected: readonly LineUnits[];
  /** Of the rejected, units sent to the customer again; absent while there are none. */
  readonly sentBack?: readonly LineUnits[];
}

/** A credit: it lowers the price; a refund pays back what the order then owes. */
export interface Credit {
  /** The host's id, used once. */
  readonly id: string;
  /** Why: `return`, `lost`, `writeOff`... */
  readonly cause: string;
  /** The document behind the cause, for example a return's id. */
  readonly causeId: string | null;
  /** What it took off the price; zero for units whose money had already gone back. */
  readonly amount: MinorUnits;
}

/** A reason that holds the order, until `order.release` names it. */
export interface Hold {
  /** The reason, for programs; each holds at most once. */
  readonly reason: string;
  /** When it was recorded. */
  readonly heldAt: Timestamp;
}

/** Laws that the ledgers break now, and broken laws that a person has accepted. */
export interface Discrepancies {
  /** Broken now, and not accepted. While there is one, the order is held. */
  readonly open: readonly OpenDiscrepancy[];
  /** Accepted by `discrepancy.resolve`. */
  readonly accepted: readonly AcceptedDiscrepancy[];
}

/** A law that the ledgers break now. */
export interface OpenDiscrepancy {
  /** The `discrepancyId` for `discrepancy.resolve`. */
  readonly id: string;
  /** The law, for example `Q1`. */
  readonly law: string;
  /** What breaks it: `order`, `line:<id>`, `payment:<id>`. */
  readonly subject: string;
}

/** A broken law that a person accepted as it is. */
export interface AcceptedDiscrepancy {
  /** The law, for example `Q1`. */
  readonly law: string;
  /** What breaks it: `order`, `line:<id>`, `charge:<id>` or `payment:<id>`. */
  readonly subject: string;
  /** The figures that were accepted; different figures make a new discrepancy. */
  readonly figures: Readonly<Record<string, number>>;
}
