import { runAs } from '../cls/flow.js';
import { AppError } from '../errors/app-error.js';
import { NestLogger } from './nest-logger.js';
import { configureLogging, logger, writeLine } from './logger.js';
import { redactKeys, redactText } from './redact.js';

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

describe('logger', () => {
  const lines: string[] = [];
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  const log = logger('spec');
  beforeAll(() => configureLogging({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }));
  afterAll(() => configureLogging({ level: 'silent' }));

  it('writes JSON with the ids of the running flow', () => {
    const scope = { tenantId: 'tenant-1', actor: { kind: 'user' as const, id: 'user-1', roles: [], permissions: [] } };
    runAs(scope, () => log.info({ pages: 3 }, 'file read'),
      { requestId: 'request-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', causation: 'event-1' });
    expect(last()).toMatchObject({ level: 'info', context: 'spec', message: 'file read', pages: 3, requestId: 'request-1',
      traceId: '0af7651916cd43dd8448eb211c80319c', tenantId: 'tenant-1', actorId: 'user-1', causation: 'event-1',
      time: expect.any(String) });
    log.info('outside');
    expect(Object.keys(last())).toEqual(['level', 'time', 'context', 'message']);
  });

  it('keeps an error with its cause and reason', () => {
    log.error({ error: new AppError('unavailable', 'spec.down', 'It is down.', { cause: new Error('refused') }) }, 'failed');
    expect(last()).toMatchObject(
      { error: { name: 'AppError', reason: 'spec.down', message: 'It is down.', cause: { message: 'refused' } } });
  });

  it('hides what has the name of a secret, at any depth', () => {
    log.info({
      headers: { authorization: 'abc', Cookie: 'sid=1', 'x-api-key': 'k', accept: 'json' },
      body: { user: { password: 'hunter2', newPassword: 'hunter3', refreshToken: 'r', client_secret: 's', apiKey: 'a' },
        list: [{ token: 't' }] },
      tokens: 12, tokensIn: 3, maxTokens: 4, tokenCount: 5, keyCount: 6,
    }, 'request');
    expect(lines.at(-1)).not.toMatch(/hunter|"abc"|sid=1|"k"|"r"|"s"|"a"|"t"/);
    expect(last()).toMatchObject({ headers: { accept: 'json' }, tokens: 12, tokensIn: 3, maxTokens: 4, tokenCount: 5, keyCount: 6 });
  });

  it.each([
    ['a bearer token', `calling with Bearer ${JWT}`], ['a JWT', `token ${JWT} was refused`],
    ['an OpenAI key', 'Incorrect API key provided: sk-proj-abcdefghijklmnop1234567890'],
    ['a key of ours', 'key atl_abcdefghijklmnop1234567890 is unknown'],
    ['a credential of ours of whatever kind', '/v1/x_atz_abcdefghijklmnop1234567890.c2lnbmF0dXJl-more_of_it is unknown'],
    ['a password in a URL', 'connect postgres://atoll:hunter2secret@db:5432/atoll failed'],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'], ['an AWS key', 'AKIAIOSFODNN7EXAMPLEX'],
    ['whom a provider bills', 'Rate limit reached for gpt-4o in organization org-abcdefghijklmnop12345678 on tokens per min'],
    ['a project of a provider', 'Project proj_abcdefghijklmnop12345678 has no access'],
    ['Basic credentials', 'Basic YWRtaW46aHVudGVyMg=='],
  ])('cuts %s out of messages and values', (_name, text) => {
    log.info({ detail: { text } }, text);
    expect(lines.at(-1)).toContain('[redacted');
    expect(lines.at(-1)).not.toMatch(/c2lnbmF0dXJl|abcdefghijklmnop|hunter2|IOSFODNN7|YWRtaW46/);
    expect(() => last()).not.toThrow();
  });

  it('leaves ordinary text alone', () => {
    const texts = ['task list of 20 tasks', 'https://example.com/a@b', 'the basic plan', 'sk', 'bearer of news',
      'disk-usage-of-the-whole-machine-today', 'atr_short atlassian-integration-of-the-team',
        'data_of_the_whole_organisation_today', 'org-wide', 'the organization charts of org-chart.md', 'proj-plan'];
    for (const text of texts) expect(redactText(text)).toBe(text);
  });

  it('holds its own against deep, wide and odd values', () => {
    let deep: object = {};
    for (let at = 0; at < 50; at++) deep = { deep };
    const circle: { self?: object } = {};
    circle.self = circle;
    expect(() => redactKeys({ deep, circle, many: Array.from({ length: 1_000 }, () => 1), bytes: Buffer.alloc(10_000), at: new Date(0),
      none: null })).not.toThrow();
  });

  it('carries the words of Nest', () => {
    const nest = new NestLogger();
    nest.warn('careful', 'Router');
    expect(last()).toMatchObject({ level: 'warn', context: 'nest', part: 'Router', message: 'careful' });
    nest.error('it failed', 'Error: stack', 'Injector');
    expect(last()).toMatchObject({ level: 'error', part: 'Injector', stack: 'Error: stack' });
    nest.error(new Error('thrown'));
    expect(last()).toMatchObject({ level: 'error', message: 'thrown', error: { message: 'thrown' } });
  });

  it('redacts lines that were put together by hand', () => {
    writeLine(`{"path":"/x?key=Bearer ${JWT}"}\n`);
    expect(lines.at(-1)).not.toContain('c2lnbmF0dXJl');
  });
});
