import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CoreConfig, loadConfig } from '#platform/core';
import { UndiciEgress } from '#platform/adapters';
import type { RunEnd, RunEvent } from '#agent';
import { whileStarting } from './await-start.js';
import { addressOf, type Credentials } from './demo.js';
import type { DocumentationState } from './documentation.js';
import { FrameReader } from './frame-reader.js';

const USAGE = `usage: npm run ask -- "question" [--new] [--conversation <id>] [--url URL] [--key KEY]

  Asks the running Atoll and streams the answer. Questions follow on each other: the last conversation goes on
  unless --new starts another or --conversation names one. Ctrl-C stops the answer. --key asks as whoever holds it in
  place of the demo's owner, --url an Atoll that runs elsewhere.`;

/** How often a broken connection is picked up again; the answer goes on meanwhile. */
const RECONNECTS = 5;

const ASKING = { purpose: 'monolith.ask', trust: 'operator', timeoutMs: 120_000, bodyTimeoutMs: 120_000, maxRedirects: 0 } as const;

/** Ends the command with words a person can act on. */
class Refusal extends Error {}

interface LastTime {
  url: string;
  conversationId: string;
}

class Terminal {
  private readonly fetch = new UndiciEgress().as(ASKING);
  private readonly memo: string;
  private runId: string | undefined;
  private lastEvent = 0;

  constructor(private readonly credentials: Pick<Credentials, 'url' | 'apiKey'> & Partial<Credentials>, private readonly dataDir: string) {
    this.memo = join(dataDir, 'ask.json');
  }

  async ask(text: string, wanted: { conversation?: string; fresh: boolean }): Promise<RunEnd> {
    const conversationId = wanted.conversation ?? (wanted.fresh ? undefined : await this.lastConversation()) ??
      (await this.openConversation());
    let response = await this.send('POST', `/v1/conversations/${conversationId}/messages`, { text });
    if (response.status === 404 && wanted.conversation === undefined) return this.ask(text, { fresh: true });
    await this.remember(conversationId);
    await this.assertOk(response);
    this.runId = response.headers.get('x-atoll-run-id')!;
    for (let tries = 0; ; tries++) {
      const end = await this.show(response);
      if (end) return end;
      if (tries >= RECONNECTS) throw new Refusal(`The connection to ${this.credentials.url} keeps breaking. The answer is kept in its ` +
        `conversation: ask again with --conversation ${conversationId}.`);
      response = await this.send('GET', `/v1/runs/${this.runId}/events`, undefined, { 'last-event-id': String(this.lastEvent) });
      await this.assertOk(response);
    }
  }

  async stop(): Promise<void> {
    if (this.runId !== undefined) await this.send('POST', `/v1/runs/${this.runId}/cancel`);
  }

  /** Prints what comes; undefined where the connection broke before the final event. */
  private async show(response: Response): Promise<RunEnd | undefined> {
    const frames = new FrameReader();
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        for (const { id, event, data } of frames.read(chunk) as RunEvent[]) {
          this.lastEvent = id;
          if (event === 'answer.delta') process.stdout.write(data.text);
          if (event === 'run.completed' || event === 'run.failed' || event === 'run.cancelled' || event === 'run.interrupted') return data;
        }
      }
    } catch {
      // The socket broke; the caller picks the log up where it was left.
    }
    return undefined;
  }

  private async lastConversation(): Promise<string | undefined> {
    const last = await readJson<LastTime>(this.memo);
    return last?.url === this.credentials.url ? last.conversationId : undefined;
  }

  private async remember(conversationId: string): Promise<void> {
    await mkdir(this.dataDir, { recursive: true });
    await writeFile(this.memo, JSON.stringify({ url: this.credentials.url, conversationId } satisfies LastTime), { mode: 0o600 });
  }

  private async openConversation(): Promise<string> {
    const response = await this.send('POST', '/v1/conversations', {});
    await this.assertOk(response);
    return ((await response.json()) as { id: string }).id;
  }

  private async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const { url, apiKey } = this.credentials;
    try {
      return await this.fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream, application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw new Refusal(`Atoll does not answer at ${url}. Start it in another terminal with npm start, and ask again when it says that ` +
        `it is up.`);
    }
  }

  private async assertOk(response: Response): Promise<void> {
    if (response.ok) return;
    if (response.status === 401) throw new Refusal(this.credentials.email
      ? `The credentials in ${join(this.dataDir, 'credentials.json')} are not accepted by ${this.credentials.url}. They are those of ` +
        `another start or folder; ATOLL_DATA_DIR says which folder is read.`
      : `${this.credentials.url} does not accept this key. Make one there with POST /v1/api-keys.`);
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Refusal(problem.detail ?? `Atoll answered ${response.status}.`);
  }
}

/**
 * The demo's credentials, once its documentation can be asked about: a start that is under way is waited for, and told of how far it is.
 */
async function credentialsOf(core: CoreConfig): Promise<Credentials> {
  const file = join(core.dataDir, 'credentials.json');
  const fetch = new UndiciEgress().as({ ...ASKING, timeoutMs: 5_000 });
  let known: Credentials | undefined;
  const ready = await whileStarting(core, async () => {
    // Those of the start before are replaced by this one's.
    known = await readJson<Credentials>(file);
    const response = known && (await fetch(`${known.url}/health/ready`).catch(() => undefined));
    const { checks } = ((await response?.json().catch(() => undefined)) ?? {}) as { checks?: { demo?: DocumentationState } };
    if (response?.ok && !checks?.demo?.reading) return known;
    if (checks?.demo?.pages) progress(`Atoll reads its documentation: ${checks.demo.indexed} of ${checks.demo.pages} pages`);
    return undefined;
  });
  progress('');
  const credentials = ready ?? known;
  if (credentials) return credentials;
  throw new Refusal(`There is no ${file}. Start Atoll once with npm start: it makes a demo tenant and writes the credentials there.`);
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function progress(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${words}\u001b[K`);
}

/** `[1] docs/split.md · Split it › … · page 3 · characters 120–480` */
function references({ citations, degraded }: RunEnd): string {
  const lines = citations.map(({ marker, documentName, heading, page, start, end }) =>
    `[${marker}] ${[documentName, heading, page === null ? null : `page ${page}`,
      `characters ${start}–${end}`].filter((part) => part !== null).join(' · ')}`);
  if (degraded.length > 0) lines.push(`(answered without ${degraded.join(' and ')}, which did not respond)`);
  return lines.join('\n');
}

const dim = (text: string): string => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true,
    options: { new: { type: 'boolean', default: false }, conversation: { type: 'string' }, url: { type: 'string' },
      key: { type: 'string' }, help: { type: 'boolean', default: false } } });
  const question = positionals.join(' ').trim();
  if (values.help || question === '') {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const core = loadConfig([CoreConfig], undefined, { peek: true }).get(CoreConfig) as CoreConfig;
  if (values.url && !values.key) throw new Refusal('An Atoll elsewhere is asked with a key of its own: give --key as well.');
  const given = values.key && { url: addressOf(core, values.url), apiKey: values.key };
  const terminal = new Terminal(given || (await credentialsOf(core)), core.dataDir);
  process.once('SIGINT', () => void terminal.stop().finally(() => process.exit(130)));
  const end = await terminal.ask(question, { conversation: values.conversation, fresh: values.new });
  const shown = references(end);
  process.stdout.write(shown === '' ? '\n' : `\n\n${dim(shown)}\n`);
  if (end.error) console.error(`\n${end.error.message}`);
  return end.error ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Refusal || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ? (error as Error).message
    : error);
  process.exit(1);
}
