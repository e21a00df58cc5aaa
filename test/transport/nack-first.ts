import type { Consumer } from '../../src/testing/transport-conformance/consumer.ts';
import type { Delivery } from '../../src/transport/transport.ts';

/** Nacks a delivery that comes for the first time, and acks it when it comes again. */
export function nackFirst(delivery: Delivery, consumer: Consumer): void {
  void (delivery.attempt === 1 ? consumer.nack(delivery) : consumer.ack(delivery));
}
