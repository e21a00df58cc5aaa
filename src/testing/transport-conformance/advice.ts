import type { TransportConformanceCase } from './case.ts';

/** What adapters usually do wrong when a case of a group fails. */
const byGroup: Readonly<Record<string, string>> = {
  features: 'the features or provisions of the test differ from those of the transport or factory',
  delivery: 'a message is lost, delivered twice or changed between publisher and consumer',
  confirmation:
    'a message is answered before the broker has confirmed it, or answers are matched to the wrong messages',
  'order per key':
    'several messages of a key are sent or delivered at once, or what failed is sent again behind later ones',
  redelivery: 'a nack is taken for an ack, or what is given back loses its place or its count',
  settling:
    'a delivery does not remember that it was answered, or answers that are under way are dropped at the end',
  duplicates: 'ids or keys are compared in another form, or too much or too little is remembered',
  'large and odd payloads':
    'a value goes through text, a pattern, a path or a type of the client that has no room for it',
  backpressure:
    'the prefetch of the client is not `maximumInFlight`, or what leaves the hand is miscounted',
  opening: 'the client connects later or for ever, or its error is passed on as it is',
  reconnecting:
    'what was made for a connection (subscriptions, counts, pending calls) is not made again, or not ended, with it',
  durability: 'queue, stream or messages are not declared durable, or are bound to a connection',
  closing: 'something waits for an answer that cannot come any more, or goes on after the end',
  model:
    'two things that work each for itself do not work together; the steps that led there are above',
  'what stays': 'a timer, connection or listener is begun in more places than it is ended in',
  discretion:
    'an error of the client, with its options or its packet, is passed on as cause or detail',
};

/** Where more can be said of a single case. */
const byCase: Readonly<Record<string, string>> = {
  'what was published while nobody consumed is delivered later':
    'the broker confirms and drops what no queue or subscription takes; create it in `open`',
  'what is done to a message while it is published does not reach the one that arrives':
    'the body is kept by reference until there is a connection; copy it when `publish` is called',
  'what is done to a message after the answer does not reach the one that arrives':
    'the body is kept by reference beyond the answer',
  'a body that is a window on a larger buffer arrives without what is around it':
    '`body.buffer` is sent without `byteOffset` and `byteLength`',
  'a batch of a thousand messages is answered, and arrives':
    'a limit of the client on what is not yet confirmed is an error instead of a wait',
  'the first delivery of what waited for a consumer is attempt 1':
    'the count is that of another thing, or is raised before the delivery is read',
  'a message that is nacked thirty times comes again each time, and is not given up':
    'the broker has a limit of deliveries, or a dead-letter queue, that is not switched off',
  'a delay that is nothing, negative or a fraction means soon':
    'the number is passed on to a client that refuses it',
  'a delay beyond all bounds is long, not none':
    'a timer of Node fires at once beyond 2^31 - 1 ms, and integers of brokers overflow',
  'a nacked message does not come again before its delay is over':
    'the delay is ignored, or given in another unit; say `delays: false` where the broker cannot wait',
  'what a consumer does to a message does not reach the next delivery':
    'one buffer serves all deliveries of a message',
  'what a consumer gives back comes to the next one in order, before what is later':
    'what is given back goes to the end of the queue, or one by one while others are delivered',
  'keys that look alike do not wait for one another':
    'a key is locked in a cleaned, cut or lower-case form',
  'acking a delivery twice acks no other one, and breaks nothing':
    'a second ack is sent to the broker, which closes the channel or takes it for another one',
  'answering a delivery twice makes room for one':
    'each answer lowers the count of what is in hand',
  'an ack after its consumption was closed rejects, and takes nothing from the next consumer':
    'what was given back is still known by its place, or a late ack is swallowed',
  'acks that are under way when a consumption is closed reach the broker':
    'the channel is closed before what waits to be sent was sent',
  'an ack that resolved counts, also when its transport is closed the next moment':
    'an ack resolves when it is written, not when the broker has it',
  'messages with the same body are different messages':
    'what is told twice is found by the content, not by the id',
  'a delivery in hand stays as it is while others are delivered':
    'one buffer serves all deliveries; what the client lends is not copied',
  'a second consumption of one transport shares the messages, or is refused':
    'a transport keeps one consumption, and the second takes its place',
  'where nothing is deduplicated, an id that comes under another key, and once more, loses nothing':
    'something deduplicates after all; say so, or stop it',
  'values of headers keep the blanks at their ends':
    'the protocol trims values; encode those that it would change',
  'values of headers are not split, merged, folded or changed in case':
    'the client reads values as lists or numbers, or normalizes them',
  'a message without a key, and one without a type, arrive':
    'an empty text is taken for a missing one, or is no valid name at the broker',
  'every sequence arrives as it is': '0 is taken for none, or a number has 32 bits',
  'what is in hand for longer than the broker waits stays ours':
    'nobody extends the deadline, or the machine stalled for longer than `deadlineMs`',
  'long after several cuts a message arrives once':
    'each new connection subscribes, and the listeners of the old ones are still there',
  'what was stopped or closed does not come back with the connection':
    'what is subscribed again after a cut includes what has ended',
  'an ack of what came before a cut rejects, or the message does not come again':
    'the failure of an ack is swallowed',
  'a second outage is survived like the first one':
    'a listener of the first connection does the reconnecting, and goes with it',
  'consuming that begins while the broker is away fails soon, or begins when it is back':
    'the attempt waits for a connection without a limit, or is forgotten',
  'while the broker is away publishing fails soon, and afterwards goes on by itself':
    'the client keeps what cannot be sent, and its calls wait; switch its offline queue off',
  'closing while opening: both settle, and nothing stays':
    '`close` looks at what is open, and `open` does not look again whether it was closed',
  'a connection that was cut leaves nothing when it is replaced':
    'the heartbeat of the old connection, or its socket, is not ended',
  'a batch that is emptied while it is published is answered, and arrives':
    'answers are matched to the array of the caller when they have come; copy the array',
  'a body that begins with a byte order mark keeps it':
    'bytes that look like text travel as text, and a decoder drops the mark',
  'messages of one key without a sequence are different messages':
    'what is told twice is found by key and sequence, not by the id',
  'an `open` that failed while the broker was away succeeds when it is back':
    'the promise of the first `open` is kept, and given again',
  'closing while publishing refuses nothing: `refused` is for ever':
    'what waits in a buffer of the client when it ends is told as a refusal; send it, or say `failed`',
  'no more is in hand than `maximumInFlight` when several are acked at once':
    'each ack fetches what there is room for, whatever an earlier fetch is about to bring',
  'a nack brings back nothing that was acked, also not of what was published with it':
    'the client packs a batch into one entry of the broker, which comes again as a whole',
  'a delivery that was nacked with a delay says when it comes again that it came before':
    'a nack with a delay sends a copy, whose count begins anew; carry it along',
  'what was nacked with a delay comes again, also when its consumption is closed meanwhile':
    'the delay is a timer of the adapter, and nobody tells the broker when that is cleared',
  'what an earlier consumer was not given is attempt 1 for the next one':
    'what the client fetched ahead is counted by the broker as delivered',
  'what thirty consumers held when they were closed comes to the next one, and is not given up':
    'a limit of deliveries counts what is given back at the end',
  'what came together stays ours for as long as it is in hand, whatever is answered first':
    'one timer extends the deadline of all that one fetch brought, and ends with the first answer',
  'a second consumption of one transport gets nothing that the first one still has in hand':
    'both have one name at the broker, and whoever begins gets what that name has in hand',
  'what comes while a consumption stops comes to the next one':
    'what a fetch that is under way brings after `stop` is dropped; give it back',
  'an ack of what came before a cut acks nothing that came after it':
    'deliveries are told by numbers that begin anew with each connection',
  'closing is told to no consumer as an error':
    'the end of a connection is told to `onError` also when we have ended it',
};

/** What adapters usually do wrong when this case fails. */
export function adviceFor({ name, group }: TransportConformanceCase): string | undefined {
  return byCase[name] ?? byGroup[group];
}

/** Names in the table of single cases; a test compares them with the cases that there are. */
export const advisedCases: readonly string[] = Object.keys(byCase);
