const SECRET_KEY = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$|pass(word|wd|phrase)?$|secret|api[-_]?key|private[-_]?key|(access|refresh|id|session|bearer|auth|csrf|reset|invite|verification)[-_]?token|^openai-(organization|project)$|^token$|credential$|signature$/i;

/** Keys, tokens and passwords in running text, by their known shapes. The kept group says what stood there. */
const SECRET_SHAPES: [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, '$1 [redacted]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?/g, '[redacted token]'],
  // Ours, of whatever kind: `at`, a letter, an underscore.
  [/(?<![A-Za-z0-9])(at[a-z])(_)[A-Za-z0-9_.-]{16,}/g, '$1$2[redacted]'],
  [/\b(sk|pk|rk|whsec|xox[abprs]|gh[pousr]|glpat|hf)([-_])[A-Za-z0-9_-]{16,}/g, '$1$2[redacted]'],
  // Whom a provider bills: its errors name them.
  [/\b(org|proj|acct)([-_])(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6,}/g, '$1$2[redacted]'],
  [/\b(organi[sz]ation:? ['"]?)(?=[a-z-]*[A-Z0-9])[A-Za-z0-9_-]{6,}/g, '$1[redacted]'],
  [/\b(AIza|AKIA)[A-Za-z0-9_-]{16,}/g, '$1[redacted]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s@/"']+@/gi, '$1:[redacted]@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, '[redacted key]'],
];

/** One test for all shapes: most lines hold none and pay for this alone. */
const ANY_SHAPE = /Bearer |Basic |eyJ|[spr]k[-_]|at[a-z]_|whsec|xox|gh[pousr]_|glpat|AIza|AKIA|(org|proj|acct)[-_]|organi[sz]ation|hf_|:\/\/[^\s"']*@|PRIVATE KEY/i;

const MAX_DEPTH = 6;
const REDACTED = '[redacted]';

/** Text without the secrets it was found to hold. */
export function redactText(text: string): string {
  if (!ANY_SHAPE.test(text)) return text;
  return SECRET_SHAPES.reduce((clean, [shape, instead]) => clean.replace(shape, instead), text);
}

/** A copy in which every property with a secret's name is hidden, at any depth down to 6; arrays are cut after 50 items. */
export function redactKeys(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depth > MAX_DEPTH) return '[deeper]';
  if (value instanceof Error || value instanceof Date || ArrayBuffer.isView(value))
    return ArrayBuffer.isView(value) ? `[${value.byteLength} bytes]` : value;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redactKeys(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = SECRET_KEY.test(key) && item !== null && item !== undefined && typeof item !== 'number' && typeof item !== 'boolean'
      ? REDACTED : redactKeys(item, depth + 1);
  }
  return copy;
}
