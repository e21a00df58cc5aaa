/** A message in the source, as a pattern of the messages that it makes. */
export function shapesOf(source: string): readonly RegExp[] {
  const calls = source.split('new Refusal(').slice(1);
  return calls.map((call) => {
    const [, ...pieces] = literalsOf(call);
    return new RegExp(`^${pieces.map(patternOf).join('')}$`);
  });
}

/** The code, and the pieces of the message, which is the second argument. */
function literalsOf(call: string): readonly string[] {
  const literal = /^[\s,+]*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/;
  const found: string[] = [];
  for (let rest = call; ; ) {
    const [whole, piece] = literal.exec(rest) ?? [];
    if (whole === undefined || piece === undefined) return found;
    found.push(piece.slice(1, -1));
    rest = rest.slice(whole.length);
  }
}

function patternOf(piece: string): string {
  return piece
    .replaceAll(/\\(.)/g, '$1')
    .split(/\$\{[^}]*\}/)
    .map((text) => text.replaceAll(/[^\w\s]/g, '\\$&'))
    .join('.+');
}
