import { createHash } from 'node:crypto';

// One subject per key, because JetStream fences per subject (expected-last-subject-sequence). The
// type of an event is therefore no part of the subject: a fence would then see the events of one
// type only, and servers before 2.12 cannot fence by a pattern. It travels in a header.

/** Longer names are hashed: a subject must fit into the server's control line (4 KiB by default). */
const longestToken = 120;

/**
 * The part of a subject that stands for a key: no two keys have the same one, and it holds nothing
 * that means something in a subject. `tenant/4711` becomes `tenant=2F4711`; what would become too
 * long is `==` and its SHA-256.
 */
export function subjectToken(key: string): string {
  if (key === '') return '=';
  const escaped = key.replace(/[^\w-]/gu, escapeBytes);
  if (escaped.length <= longestToken) return escaped;
  return `==${createHash('sha256').update(key).digest('base64url')}`;
}

function escapeBytes(character: string): string {
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '=$&');
}

/** Whether every subject that `part` describes is also described by `pattern`. */
export function covers(pattern: string, part: string): boolean {
  const [outer, inner] = [pattern.split('.'), part.split('.')];
  for (const [index, token] of outer.entries()) {
    const other = inner[index];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>' || (token !== '*' && token !== other)) return false;
  }
  return outer.length === inner.length;
}
