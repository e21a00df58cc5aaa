import type { CommandOf, CommandType } from '../commands/commands.ts';
import { decideAmend, decideApprove, decideDecline, decidePropose } from './amendment.ts';
import { decideCredit } from './credit.ts';
import type { Decider } from './decider.ts';
import { decideResolve } from './discrepancy.ts';
import { decideDisputeConcede, decideDisputeSubmit } from './dispute.ts';
import { decideExchange } from './exchange.ts';
import { decideFulfillment, decideFulfillmentReport } from './fulfillment.ts';
import { decideAnnotate, decideByChart, decideCancel, decideHold, decideRelease } from './order.ts';
import { decideAuthorize, decideCapture, decideVoid } from './payment.ts';
import { decidePaymentReport } from './payment-report.ts';
import { decideRefund } from './refund.ts';
import { decideReplace } from './replace.ts';
import {
  decideReturnApprove,
  decideReturnClose,
  decideReturnDecline,
  decideReturnReport,
  decideReturnRequest,
} from './return.ts';
import { decideDispatch, decideShipmentReport } from './shipment.ts';

/** The decider of every command on an existing order. Leaving one out does not compile. */
export const deciders: {
  readonly [Type in Exclude<CommandType, 'order.place'>]: Decider<CommandOf<Type>>;
} = {
  'order.confirm': decideByChart,
  'order.hold': decideHold,
  'order.release': decideRelease,
  'order.cancel': decideCancel,
  'order.credit': decideCredit,
  'order.amend': decideAmend,
  'amendment.propose': decidePropose,
  'amendment.approve': decideApprove,
  'amendment.decline': decideDecline,
  'order.archive': decideByChart,
  'order.annotate': decideAnnotate,
  'payment.authorize': decideAuthorize,
  'payment.capture': decideCapture,
  'payment.void': decideVoid,
  'payment.refund': decideRefund,
  'dispute.submit': decideDisputeSubmit,
  'dispute.concede': decideDisputeConcede,
  'fulfillment.request': decideFulfillment,
  'shipment.dispatch': decideDispatch,
  'return.request': decideReturnRequest,
  'return.approve': decideReturnApprove,
  'return.decline': decideReturnDecline,
  'return.close': decideReturnClose,
  'exchange.request': decideExchange,
  'units.replace': decideReplace,
  'discrepancy.resolve': decideResolve,
  'payment.report': decidePaymentReport,
  'shipment.report': decideShipmentReport,
  'fulfillment.report': decideFulfillmentReport,
  'return.report': decideReturnReport,
};
