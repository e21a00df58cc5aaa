import { createHash } from 'node:crypto';

// One subject per key, because JetStream fences per subject (expected-last-subject-sequence). So
// the type of an event is not part of the subject: a fence would only see the events of one type,
// and servers before 2.12 cannot fence by a pattern. The type is in a header.

/**
 * Longer keys are hashed, because a subject must fit into the server's control line (4 KiB by
 * default).
 */
const longestToken = 120;

/**
 * Encodes a key as a token of a subject. Different keys have different tokens, and a token contains
 * no special characters. `tenant/4711` becomes `tenant=2F4711`, and a key that is too long becomes
 * `==` and its SHA-256.
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

/** Whether every subject that matches `part` also matches `pattern`. */
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
