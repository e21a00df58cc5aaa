import {
  cloudEventMessage,
  type DeadLetter,
  type JsonValue,
  type MapAnswer,
  type OrderCommand,
  type ReceiveOptions,
  type TransportMessage,
} from 'orderchart';
import {
  type Handed,
  type ScriptedTransport,
  scriptedTransport,
} from '../transport/scripted-transport.ts';
import { type TestEngine, testEngine } from './kit.ts';

/** A message whose data are a command, or several, or nothing. */
export function commandMessage(id: string, data: unknown, key = ''): TransportMessage {
  return cloudEventMessage(
    { id, source: '/test', type: 'command', extensions: {}, data: data as JsonValue },
    { key },
  );
}

/** A message with nothing but an id and a body. */
export const raw = (id: string, body: string): TransportMessage => ({
  id,
  key: '',
  type: '',
  sequence: undefined,
  headers: {},
  body: new TextEncoder().encode(body),
});

/** Takes the body for the command. */
export function mapBody({ body }: TransportMessage): MapAnswer<OrderCommand> {
  return body.byteLength === 0 ? undefined : JSON.parse(new TextDecoder().decode(body));
}

export interface Receiving extends TestEngine {
  readonly transport: ScriptedTransport;
  readonly letters: readonly DeadLetter[];
  readonly deliver: (id: string, data: unknown, key?: string) => Handed;
}

/** An engine that receives from a scripted transport. */
export async function receiving(
  options: Partial<ReceiveOptions<OrderCommand>> = {},
  engineOptions: Parameters<typeof testEngine>[0] = {},
): Promise<Receiving> {
  const test = await testEngine({ random: () => 0.5, ...engineOptions });
  const transport = scriptedTransport();
  const letters: DeadLetter[] = [];
  await test.engine.startReceiving({
    name: 'in',
    transport,
    map: mapBody,
    deadLetter: (letter) => void letters.push(letter),
    ...options,
  });
  const deliver = (id: string, data: unknown, key = '') =>
    transport.deliver(commandMessage(id, data, key));
  return { ...test, transport, letters, deliver };
}
