import type { TransportConformanceCase } from './case.ts';

/** The usual mistake of an adapter that fails a case of the group. */
const byGroup: Readonly<Record<string, string>> = {
  features: 'the `features` or `provides` of the test differ from the transport or the factory',
  delivery: 'a message is lost, delivered twice or changed between publisher and consumer',
  confirmation:
    'a message is answered before the broker confirms it, or answers are matched to the wrong messages',
  'order per key':
    'several messages of a key are sent or delivered at the same time, or a failed message is sent again after later ones',
  redelivery:
    'a nack is sent as an ack, or a returned message loses its place or its attempt count',
  settling:
    'a delivery does not remember that it was answered, or answers in progress are dropped on close',
  duplicates: 'ids or keys are compared in a changed form, or too many or too few are remembered',
  'large and unusual payloads':
    'a value passes through text, a pattern, a path or a type of the client that cannot represent it',
  backpressure:
    'the prefetch of the client is not `maximumInFlight`, or answered deliveries are miscounted',
  opening: 'the client connects lazily or retries forever, or its error is passed on unwrapped',
  reconnecting:
    'state of a connection (subscriptions, counts, pending calls) is not rebuilt, or not ended, when the connection is replaced',
  durability:
    'the queue, stream or messages are not declared durable, or are bound to a connection',
  closing:
    'something waits for an answer that can no longer arrive, or keeps running after `close`',
  model: 'two parts that work separately fail together; the steps that led there are above',
  leftovers: 'a timer, connection or listener is started in more places than it is ended in',
  discretion:
    'an error of the client, which contains its options or its packet, is passed on as cause or detail',
};

/** More specific advice for single cases. */
const byCase: Readonly<Record<string, string>> = {
  'messages published while there is no consumer are delivered later':
    'the broker confirms and drops messages without a queue or subscription; create it in `open`',
  'changing a message while it is being published does not change the message that arrives':
    'the body is kept by reference until there is a connection; copy it in `publish`',
  'changing a message after it was answered does not change the message that arrives':
    'the body is still kept by reference after the answer',
  'a body that is a view of a larger buffer arrives without the rest of the buffer':
    '`body.buffer` is sent without `byteOffset` and `byteLength`',
  'a batch of a thousand messages is answered and arrives':
    'the limit of the client for unconfirmed messages causes an error instead of a wait',
  'the first delivery of a message that waited for a consumer is attempt 1':
    'the attempt is read from the wrong counter, or is raised before the delivery is read',
  'a message that is nacked thirty times is redelivered each time, and never dropped':
    'the broker has a delivery limit, or a dead-letter queue, that is not switched off',
  'a message nacked with a zero, negative or fractional delay is redelivered soon':
    'the number is passed to a client that refuses it',
  'a huge delay is treated as long, not as none':
    'a Node timer fires immediately beyond 2^31 - 1 ms, and integers of brokers overflow',
  'a nacked message is not redelivered before its delay is over':
    'the delay is ignored, or passed in the wrong unit; declare `delays: false` if the broker cannot wait',
  'changes that a consumer makes to a message do not appear in the next delivery':
    'one buffer serves all deliveries of a message',
  'messages that a consumer returns reach the next consumer in order, before later messages':
    'returned messages go to the end of the queue, or are returned one by one while others are delivered',
  'keys that look alike do not wait for one another':
    'a key is locked in a sanitized, truncated or lowercase form',
  'acking a delivery twice acks no other delivery, and breaks nothing':
    'a second ack is sent to the broker, which closes the channel or applies it to another delivery',
  'answering a delivery twice makes room for one message only':
    'each answer lowers the in-flight count, even a repeated one',
  'an ack after its consumption was closed rejects, and acks nothing of the next consumer':
    'a returned message is still identified by its place, or a late ack is swallowed',
  'acks in progress when a consumption is closed reach the broker':
    'the channel is closed before buffered acks are sent',
  'an ack that resolved counts, even if its transport is closed immediately afterwards':
    'an ack resolves when it is written, not when the broker has received it',
  'messages with the same body are different messages':
    'duplicates are detected by content, not by id',
  'a delivery in flight does not change while others are delivered':
    'one buffer serves all deliveries; copy the buffers that the client reuses',
  'a second consumption of one transport shares the messages, or is refused':
    'a transport has a field for one consumption, and the second one overwrites it',
  'without deduplication, an id that is reused under another key or repeated loses no message':
    'the client or broker does deduplicate; declare `deduplicates: true`, or switch it off',
  'header values keep their leading and trailing spaces':
    'the protocol trims values; encode the values that it would change',
  'header values are not split, merged, folded or changed in case':
    'the client reads values as lists or numbers, or normalizes them',
  'a message without a key and one without a type both arrive':
    'an empty string is treated as missing, or is not a valid name at the broker',
  'every sequence arrives unchanged': '0 is treated as missing, or numbers are cut to 32 bits',
  'a message in flight for longer than the broker waits stays with its consumer':
    'the adapter does not extend the deadline, or the machine stalled for longer than `deadlineMs`',
  'long after the connection was cut several times, each message arrives once':
    'each new connection subscribes, but the listeners of the old ones are not removed',
  'a stopped or closed consumption does not resume when the connection is restored':
    'reconnecting subscribes again to consumptions that have ended',
  'an ack of a message delivered before a cut rejects, or the message is not redelivered':
    'the failure of an ack is swallowed',
  'a transport survives a second outage like the first one':
    'the listener that reconnects belongs to the first connection, and is lost with it',
  'consuming that starts while the broker is unreachable fails soon, or starts when it is back':
    'the attempt waits for a connection without a time limit, or is dropped',
  'publishing fails soon while the broker is unreachable, and resumes by itself afterwards':
    'the client queues messages that it cannot send, so its calls wait; switch off its offline queue',
  'closing while opening: both settle, and nothing is left behind':
    '`close` ends only what is open already, and `open` does not check whether it was closed meanwhile',
  'a cut connection leaves nothing behind when it is replaced':
    'the heartbeat of the old connection, or its socket, is not ended',
  'a batch whose array is emptied while it is being published is answered and arrives':
    "answers are matched to the caller's array when they arrive; copy the array in `publish`",
  'a body that begins with a byte order mark keeps it':
    'bytes that look like text are sent as text, and a decoder drops the mark',
  'messages of one key without a sequence are different messages':
    'duplicates are detected by key and sequence, not by id',
  'an `open` that failed while the broker was unreachable succeeds when it is back':
    'the rejected promise of the first `open` is kept and returned again',
  'closing while publishing answers no message `refused`, which would be permanent':
    'messages in a buffer of the client when it ends are answered `refused`; send them, or answer `failed`',
  'at most `maximumInFlight` messages are in flight when several are acked at once':
    'each ack fetches for all free room, and ignores messages that an earlier fetch will still bring',
  'a nack redelivers no acked message, not even one of the same batch':
    'the client packs a batch into one entry of the broker, which is redelivered as a whole',
  'a message nacked with a delay is redelivered with an attempt above 1':
    'a nack with a delay sends a copy, whose attempts start at 1 again; send the count along',
  'a message nacked with a delay is redelivered even if its consumption is closed first':
    'the delay is a timer of the adapter, and the broker is not told when `close` clears the timer',
  'a message that an earlier consumer did not receive is attempt 1 for the next one':
    'the broker counts messages that the client prefetched as delivered',
  'a message held by thirty consumers in turn when they were closed reaches the next one':
    'a delivery limit of the broker counts messages that `close` returns',
  'messages fetched together stay with their consumer, whichever is answered first':
    'one timer extends the deadline of all messages of a fetch, and ends with the first answer',
  'a second consumption of one transport gets no message that is in flight at the first one':
    'both have the same name at the broker, so the second one receives what the first one has in flight',
  'messages that arrive while a consumption stops reach the next one':
    'messages of a fetch in progress that arrive after `stop` are dropped; return them to the broker',
  'an ack of a message delivered before a cut acks no message delivered after it':
    'deliveries are identified by numbers that start again with each connection',
  'changing messages of calls made while another is in progress does not change those that arrive':
    'a call that waits for another one, or for a connection, reads its messages when it is its turn',
  'messages in flight at one consumption stay in flight when another one of its transport ends':
    'both share a name, a channel or a list of deliveries, which is ended or returned as a whole',
  'each consumption of a transport has its own `maximumInFlight`':
    'the limit is a field of the transport or the connection, and the latest consumption sets it',
  'refused messages in a large batch do not affect the others, and answers stay in order':
    'a batch is sent in parts, and the place of an answer is counted within its part',
  'an id that was published on another place is new on this one':
    'the ids that were published are remembered in a variable of the module',
  'a nack resolves, whatever number its delay is':
    'a fraction, `NaN` or `Infinity` is converted to a form that cannot hold it',
  'a message in flight stays with its consumer after `stop`, for longer than the broker waits':
    '`stop` ends the timer that extends the deadlines',
  'a message delivered after a cut stays with its consumer for longer than the broker waits':
    'the timer that extends the deadlines belongs to the first connection',
  'a nack with a delay makes room only once':
    'a place is freed by the nack, and once more when the timer of the delay fires',
  'a body of the largest size arrives with eight kilobytes of headers':
    'the limit of the broker counts the headers, too; declare a lower `maximumBodyBytes`',
  'after `stop`, neither an ack nor a nack makes room for further deliveries':
    'messages that were fetched ahead are delivered when there is room; return them on `stop`',
  'closing a consumption again does not return what the next one has in flight':
    'messages are returned by their id or place, whoever has them in flight now',
  'closing a transport does not return what another one got from its closed consumption':
    'a list of deliveries is kept after its consumption was closed',
  'messages published after the last consumer ended reach the next one':
    'the queue or subscription is deleted with its last consumer (auto-delete)',
  'acks in progress when a transport is closed reach the broker':
    'the connection is ended before the consumptions are closed',
  'a nack of a message delivered before a cut returns no message delivered after it':
    'deliveries are identified by numbers that start again with each connection',
  'after a reconnection, closing is not reported to `onError`':
    'the listener of a later connection does not know that the adapter itself ends it',
  'closing a consumption with answers in progress settles while the broker is unreachable':
    'answers wait for a connection, and `close` waits for them; reject them',
  'closing a transport with answers in progress settles while the broker is unreachable':
    'answers wait for a connection, and `close` waits for them; reject them',
  'an `open` with wrong credentials leaves nothing behind':
    'the broker answers and leaves the connection open, which nobody ends',
  'a transport that is closed while it consumes leaves nothing behind':
    'what `consume` starts is ended by `close` of the consumption, not by `close` of the transport',
  'closing is not reported to `onError`':
    'the end of a connection is reported to `onError` even when the adapter itself ended it',
};

/** The usual mistake of an adapter that fails this case. */
export function adviceFor({ name, group }: TransportConformanceCase): string | undefined {
  return byCase[name] ?? byGroup[group];
}

/** The names of cases with advice of their own; a test checks that each such case exists. */
export const advisedCases: readonly string[] = Object.keys(byCase);
