import { AppError, errorData } from '#platform/core';
import { compatibleFetch } from './compatible-fetch.js';
import { modelFailed } from './model-errors.js';
import { ProviderRefusal } from './provider-refusal.js';

type Body = Record<string, unknown>;
type Server = (body: Body) => Response | Error;

const OK = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const fine = (): Response => new Response(OK);
const refusal = (status: number, error: object | string, headers: Record<string, string> = {}): Response =>
  new Response(typeof error === 'string' ? error : JSON.stringify({ error }), { status, headers });

function client(server: Server, retries = 0) {
  const sent: Body[] = [];
  const fetch = compatibleFetch((_url, init) => {
    const body = JSON.parse(init!.body as string) as Body;
    sent.push(body);
    const answer = server(body);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }, { retries, longestPauseMs: 3_000 });
  return { sent, ask: (more: Body = {}) => fetch('http://model/v1', { method: 'POST', body: JSON.stringify({ ...REQUEST, ...more }) }) };
}

const REQUEST = { model: 'm', messages: [], stream: true, stream_options: { include_usage: true }, max_tokens: 10, temperature: 0.2 };

describe('a field that a server refuses', () => {
  const without = (...fields: string[]): Body => Object.fromEntries(Object.entries(REQUEST).filter(([name]) => !fields.includes(name)));
  /** Servers of several kinds that do not know a field. */
  const refusing = (field: string): [string, Server][] => [
    ['as OpenAI says it', (body) => (field in body ? refusal(400,
      { message: `Unsupported parameter: '${field}' is not supported with this model.`, param: field }) : fine())],
    ['in its message', (body) => (field in body ? refusal(400, { message: `${field}: Extra inputs are not permitted` }) : fine())],
    ['as FastAPI says it', (body) => (field in body ? refusal(422, JSON.stringify({ detail: [{ type: 'extra_forbidden', loc: ['body',
      field], msg: 'Extra inputs are not permitted' }] })) : fine())],
    ['as plain text', (body) => (field in body ? refusal(400, `unknown field ${field}`) : fine())],
  ];

  it.each(['stream_options', 'temperature'].flatMap((field) => refusing(field).map(([how, server]) => [field, how, server] as const)))(
    'is left out, once and from then on: %s, told %s', async (field, _how, server) => {
    const { sent, ask } = client(server);
    await (await ask()).text();
    await (await ask()).text();
    expect(sent).toEqual([REQUEST, without(field), without(field)]);
  });

  it('is sent under its other name where it has one, and then not at all', async () => {
    const renamed = { ...without('max_tokens'), max_completion_tokens: 10 };
    const one = client((body) => ('max_tokens' in body
      ? refusal(400, { message: 'Use \'max_completion_tokens\' instead.', param: 'max_tokens', code: 'unsupported_parameter' }) : fine()));
    await one.ask();
    expect(one.sent).toEqual([REQUEST, renamed]);
    const none = client((body) => ('max_tokens' in body || 'max_completion_tokens' in body
      ? refusal(400, { message: 'max_tokens is too large: 10', param: 'max_tokens' }) : fine()));
    await none.ask();
    expect(none.sent).toEqual([REQUEST, renamed, without('max_tokens')]);
  });

  it('is found where the server does not name it', async () => {
    const { sent, ask } = client((body) => ('stream_options' in body ? refusal(400, 'Bad Request') : fine()));
    await ask();
    expect(sent).toEqual([REQUEST, without('stream_options')]);
    const vague = client((body) => ('stream_options' in body ? refusal(400, { message: 'Extra inputs are not permitted' }) : fine()));
    await vague.ask();
    expect(vague.sent).toHaveLength(2);
    const other = client(() => refusal(400, { message: 'The conversation makes no sense' }));
    await expect(other.ask()).rejects.toMatchObject({ kind: 'rejected' });
    expect(other.sent).toHaveLength(1);
    const terse = client((body) => ('max_tokens' in body ? refusal(400, '') : fine()));
    await terse.ask();
    expect(terse.sent.at(-1)).toEqual({ model: 'm', messages: [], stream: true });
  });

  it('may be several, one after the other', async () => {
    const { sent, ask } = client((body) => {
      const field = ['stream_options', 'temperature'].find((name) => name in body);
      return field ? refusal(400, { message: 'Unknown name', param: field }) : fine();
    });
    await ask();
    expect(sent.at(-1)).toEqual(without('stream_options', 'temperature'));
  });

  it('is not left out where it is what was asked for', async () => {
    const { sent, ask } = client((body) => ('seed' in body ? refusal(400, { message: 'seed is not supported' }) : fine()));
    await expect(ask({ seed: 7 })).rejects.toMatchObject({ kind: 'field', refused: { param: 'seed' } });
    expect(sent).toHaveLength(1);
  });

  it('is another model\'s matter, and none of a refusal for other reasons', async () => {
    const { sent, ask } = client((body) => (body['model'] === 'm' && 'temperature' in body ? refusal(400, { message: 'temperature',
      param: 'temperature' }) : fine()));
    await ask();
    await ask({ model: 'other' });
    expect(sent.at(-1)).toEqual({ ...REQUEST, model: 'other' });
    const long = client(() => refusal(400, { message: 'Too long', code: 'context_length_exceeded' }));
    await expect(long.ask()).rejects.toBeInstanceOf(ProviderRefusal);
    expect(long.sent).toHaveLength(1);
  });
});

describe('a request that may pass later', () => {
  it('is sent again after the pause the server asks for, and not where that is long', async () => {
    let count = 0;
    const soon = client(() => (++count < 3 ? refusal(429, { message: 'slow down' }, { 'retry-after-ms': '40' }) : fine()), 2);
    const from = performance.now();
    await soon.ask();
    expect(performance.now() - from).toBeGreaterThanOrEqual(75);
    expect(soon.sent).toHaveLength(3);
    const late = client(() => refusal(429, { message: 'slow down' }, { 'retry-after': '120' }), 2);
    await expect(late.ask()).rejects.toMatchObject({ refused: { retryAfterSeconds: 120 } });
    expect(late.sent).toHaveLength(1);
  });

  it('is not sent again where that cannot help', async () => {
    for (const answer of [() => refusal(401, { message: 'no' }), () => refusal(429, { message: 'no', code: 'insufficient_quota' }),
      () => new AppError('deadline', 'kernel.egress-timeout', 'late')]) {
      const { sent, ask } = client(answer, 2);
      await expect(ask()).rejects.toThrow();
      expect(sent).toHaveLength(1);
    }
  });
});

describe('what a provider says in place of an answer', () => {
  const told = async (status: number, error: object | string, headers: Record<string, string> = {}) =>
    client(() => refusal(status, error, headers)).ask().then(() => null, (thrown: unknown) => modelFailed(new Error('wrapped',
      { cause: thrown })));

  it.each<[number, object | string, string, string]>([
    [400, { message: 'This model\'s maximum context length is 8192 tokens. However, you requested 9000', code: 'context_length_exceeded' },
      'agent.prompt-too-long', 'invalid'],
    [400, { message: 'Input is too long for requested model.' }, 'agent.prompt-too-long', 'invalid'],
    [500, 'the request exceeds the available context size, try increasing it', 'agent.prompt-too-long', 'invalid'],
    [413, '', 'agent.prompt-too-long', 'invalid'],
    [429, { message: 'You exceeded your current quota', code: 'insufficient_quota', type: 'insufficient_quota' }, 'agent.model-quota',
      'unavailable'],
    [402, { message: 'Insufficient Balance' }, 'agent.model-quota', 'unavailable'],
    [429, { message: 'Rate limit reached' }, 'agent.model-busy', 'unavailable'],
    [529, { type: 'overloaded_error', message: 'Overloaded' }, 'agent.model-busy', 'unavailable'],
    [401, { message: 'Incorrect API key provided: sk-abcdef1234567890', code: 'invalid_api_key' }, 'agent.model-refused', 'unavailable'],
    [404, { message: 'The model `x` does not exist or you do not have access to it.', code: 'model_not_found' }, 'agent.model-unknown',
      'unavailable'],
    [400, { message: 'invalid model ID' }, 'agent.model-unknown', 'unavailable'],
    [400, { message: 'The response was filtered', code: 'content_filter' }, 'agent.model-filtered', 'unprocessable'],
    [400, { message: 'messages[0].role: unknown', param: 'messages[0].role' }, 'agent.model-rejected', 'unavailable'],
    [503, '<html>Service Unavailable</html>', 'agent.model-unavailable', 'unavailable'],
    [302, '', 'agent.model-rejected', 'unavailable'],
  ])('%i %j is %s', async (status, error, reason, code) => {
    const failure = await told(status, error);
    expect(failure).toMatchObject({ reason, code });
    expect(JSON.stringify(errorData(failure))).not.toMatch(/sk-|maximum context/);
  });

  it.each<[object, string, number]>([
    [{ 'retry-after': '120' }, '', 120],
    [{ 'retry-after': new Date(Date.now() + 90_000).toUTCString() }, '', 90],
    [{ 'retry-after-ms': '1500' }, '', 2],
    [{}, 'Please try again in 6m2s.', 362],
    [{}, 'Please try again in 340ms.', 1],
    [{}, 'Rate limit reached', 30],
  ])('passes the pause of %j %j on', async (headers, message, seconds) => {
    const failure = await told(429, { message }, headers as Record<string, string>);
    expect(failure!.details.retryAfterSeconds).toBeGreaterThanOrEqual(seconds * 0.9);
    expect(failure!.details.retryAfterSeconds).toBeLessThanOrEqual(seconds);
  });

  it('is logged without keys and accounts', async () => {
    const message = 'Rate limit reached for gpt-4 in organization org-AbCdEfGh123456 with key sk-proj-abcdef, '
      + 'see https://x.test/o or a@b.test';
    await expect(client(() => refusal(429, { message })).ask())
      .rejects.toThrow('Rate limit reached for gpt-4 in organization *** with key ***, see *** or ***');
  });
});
