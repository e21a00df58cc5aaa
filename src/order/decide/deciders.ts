import type { CommandOf, CommandType } from '../commands/commands.ts';
import type { Decider } from './decider.ts';
import {
  decideDispatch,
  decideFulfillment,
  decideReturnApprove,
  decideReturnDecline,
  decideReturnRequest,
} from './fulfillment.ts';
import {
  decideAnnotate,
  decideByChart,
  decideCancel,
  decideHold,
  decideRelease,
  decideResolve,
} from './order.ts';
import { decideAuthorize, decideCapture, decideVoid } from './payment.ts';
import { decideRefund } from './refund.ts';
import {
  decideFulfillmentReport,
  decidePaymentReport,
  decideReturnReport,
  decideShipmentReport,
} from './report.ts';

/** Every command of an existing order and who decides it; leaving one out does not compile. */
export const deciders: {
  readonly [Type in Exclude<CommandType, 'order.place'>]: Decider<CommandOf<Type>>;
} = {
  'order.confirm': decideByChart,
  'order.hold': decideHold,
  'order.release': decideRelease,
  'order.cancel': decideCancel,
  'order.archive': decideByChart,
  'order.annotate': decideAnnotate,
  'payment.authorize': decideAuthorize,
  'payment.capture': decideCapture,
  'payment.void': decideVoid,
  'payment.refund': decideRefund,
  'fulfillment.request': decideFulfillment,
  'shipment.dispatch': decideDispatch,
  'return.request': decideReturnRequest,
  'return.approve': decideReturnApprove,
  'return.decline': decideReturnDecline,
  'discrepancy.resolve': decideResolve,
  'payment.report': decidePaymentReport,
  'shipment.report': decideShipmentReport,
  'fulfillment.report': decideFulfillmentReport,
  'return.report': decideReturnReport,
};
