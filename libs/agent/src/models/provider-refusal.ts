/** Why a provider gave no answer, as far as it can be told from what it said. */
export type RefusalKind =
  'context-length' | 'quota' | 'busy' | 'credentials' | 'model' | 'filtered' | 'field' | 'rejected' | 'failed' | 'no-completion';

interface Refused {
  /** Null: it was said in the middle of a stream that began well. */
  status: number | null;
  code: string | null;
  /** The field of the request that it names. */
  param: string | null;
  /** The provider's own words without what looks like a secret or an account: for the log. */
  message: string;
  retryAfterSeconds?: number;
}

/** What a provider says in place of an answer. Its message may be logged; a caller is told what `modelFailed` makes of it. */
export class ProviderRefusal extends Error {
  readonly kind: RefusalKind;

  constructor(readonly refused: Refused, kind?: RefusalKind) {
    super(refused.message);
    this.name = 'ProviderRefusal';
    this.kind = kind ?? kindOf(refused);
  }
}

const LONGEST_CHARS = 300;
/** Keys, organisations, projects, addresses: anything that names an account. */
const SECRET =
  /\b(?:(?:sk|pk|rk|org|proj|user|gsk|xai|key)[-_]|Bearer |AIza)[\w*.-]{6,}|[\w.+-]+@[\w-]+\.[\w.]+|https?:\/\/\S+|[A-Za-z0-9_*-]{24,}/g;

/** Reads the body of a refusal, in any of the forms that compatible servers use: OpenAI's, FastAPI's, Google's, plain text, a page. */
export function refusalFrom(body: string, status: number, headers: Headers): ProviderRefusal {
  return refusalOf(json(body) ?? (/^\s*</.test(body) ? '' : body), status, headers);
}

/** Reads an error object that came where an answer was expected. */
export function refusalOf(value: unknown, status: number | null, headers?: Headers): ProviderRefusal {
  const whole = (Array.isArray(value) ? value[0] : value) as Record<string, unknown> | string | null;
  const error = (typeof whole === 'object' ? (whole?.['error'] ?? whole) : whole) as Record<string, unknown> | string | null;
  const fields = typeof error === 'object' && error !== null ? error : {};
  const text = typeof error === 'string' ? error : (textOf(fields['message']) ?? textOf(fields['detail']) ?? textOf(fields['msg']) ?? '');
  const ownStatus = Number(fields['code'] ?? fields['status'] ?? fields['status_code']);
  const told = status ?? (ownStatus >= 400 && ownStatus < 600 ? ownStatus : null);
  const retryAfterSeconds = retryAfter(headers, `${text} ${JSON.stringify(fields['details'] ?? '')}`);
  return new ProviderRefusal({
    status: told,
    code: [fields['code'], fields['type'], fields['status']].find((one): one is string => typeof one === 'string' && one !== '') ?? null,
    param: typeof fields['param'] === 'string' && fields['param'] !== '' ? fields['param'] : locationOf(fields['detail']),
    message: text.replace(SECRET, '***').replace(/\s+/g, ' ').trim().slice(0, LONGEST_CHARS) || `status ${told ?? 'unknown'}`,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

const CONTEXT = /context.?(?:length|window|size)|maximum (?:prompt|input) length|(?:prompt|input|request|messages?).{0,30} too (?:long|large)|too many (?:input )?tokens|reduce (?:the|your) (?:length|prompt|message)|tokens? exceeds?|exceeds? .{0,40}token/i;
const QUOTA = /insufficient.?(?:quota|funds|balance|credits?)|billing|credit balance|out of credits?|payment required|current quota/i;
const MODEL = /model.{0,80}(?:not (?:be )?found|does ?n[o']t exist|not exist|unknown|unavailable|not available|not supported|no longer)|(?:unknown|invalid|no such|unsupported) model|deployment.{0,40}not exist/i;
const FILTERED = /content.?(?:filter|policy|management)|safety|responsible.?ai|moderation|flagged/i;
const FIELD = /unsupported|unrecogni[sz]ed|unexpected|unknown|invalid (?:param|arg|field|value)|not (?:supported|permitted|allowed|support)|extra (?:inputs|fields)/i;

function kindOf({ status, code, param, message, retryAfterSeconds }: Refused): RefusalKind {
  const said = `${code ?? ''} ${message}`;
  if (status === 401 || /invalid.?api.?key|authentication/i.test(code ?? '')) return 'credentials';
  const isQuota = /insufficient_quota|billing/.test(code ?? '') || (QUOTA.test(message) && retryAfterSeconds === undefined);
  if (status === 402 || isQuota) return 'quota';
  if (status === 429 || /rate.?limit|too.?many.?requests|overloaded/i.test(code ?? '')) return 'busy';
  if (status !== null && status >= 500) return CONTEXT.test(said) ? 'context-length' : 'failed';
  if (status === 413 || /string_above_max_length|context_length/.test(code ?? '') || CONTEXT.test(message)) return 'context-length';
  if (status === 404 || /model_not_found|invalid_model/i.test(code ?? '') || MODEL.test(message)) return 'model';
  if (status === 403) return 'credentials';
  if (FILTERED.test(said)) return 'filtered';
  if (status === null) return 'failed';
  const isOfField = param !== null || FIELD.test(message) || /unsupported|unknown|extra/i.test(code ?? '');
  return isOfField && (status === 400 || status === 422) ? 'field' : 'rejected';
}

/** "Please try again in 6m2s", `"retryDelay": "32s"`. */
const SPOKEN =
  /(?:try again in|retryDelay"?:?)\s*"?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(ms|s\b|seconds?|minutes?)?)?/i;

/** Seconds, from whichever header or word says them; undefined where nothing does. */
function retryAfter(headers: Headers | undefined, text: string): number | undefined {
  const millis = Number(headers?.get('retry-after-ms') ?? NaN);
  const told = headers?.get('retry-after')?.trim() ?? '';
  const spoken = SPOKEN.exec(text);
  const [, hours = 0, minutes = 0, number = 0, unit = 's'] = spoken ?? [];
  const scale = unit === 'ms' ? 0.001 : unit.startsWith('minute') ? 60 : 1;
  const candidates = [
    millis / 1000,
    told === '' ? NaN : Number(told),
    told === '' ? NaN : (Date.parse(told) - Date.now()) / 1000,
    Number(hours) * 3600 + Number(minutes) * 60 + Number(number) * scale,
  ];
  const seconds = candidates.find((one) => Number.isFinite(one) && one > 0);
  return seconds === undefined ? undefined : Math.min(Math.ceil(seconds), 86_400);
}

/** FastAPI's `detail`: a list of faults, each with the place of its field. */
function locationOf(detail: unknown): string | null {
  const place = Array.isArray(detail) ? (detail[0] as { loc?: unknown } | undefined)?.loc : undefined;
  return Array.isArray(place) ? place.filter((part) => part !== 'body').join('.') : null;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
