import { AppError, isId } from '#platform/core';
import { type DeadLetter, DeadLetters } from '#platform/messaging';
import { withContexts } from './tenancy/with-tenancy.js';

export interface DeadLetterOptions {
  handler?: string;
  tenant?: string;
  parked?: boolean;
  /** `TENANT/MESSAGE/HANDLER`, as `dead list` prints it. */
  letter?: string;
}

const PAGE = 100;

/** `dead list`, `dead replay` and `dead discard`: what handlers gave up on, in all tenants. */
export function deadLetterCommand(verb: string, options: DeadLetterOptions): Promise<void> {
  return withContexts('all', async (app) => {
    const letters = app.get(DeadLetters, { strict: false });
    if (verb === 'list') return list(letters, options);
    if (verb === 'replay' && options.handler && !options.letter)
      return console.log(`${await letters.replayAll(options.handler)} of ${options.handler} are handed to it again.`);
    const key = keyOf(options.letter);
    if (!(verb === 'replay' ? await letters.replay(key) : await letters.discard(key)))
      throw new AppError('not-found', 'cli.no-dead-letter', `${options.letter} is no dead letter. \`dead list\` shows those there are.`);
    console.log(verb === 'replay' ? 'It is handed to its handler again.' : 'It is forgotten.');
  });
}

async function list(letters: DeadLetters, { handler, tenant, parked }: DeadLetterOptions): Promise<void> {
  let count = 0;
  for (let cursor: string | undefined; ;) {
    const { items, nextCursor } = await letters.list({ state: parked ? 'parked' : 'dead', handler, tenantId: tenant, limit: PAGE, cursor });
    for (const letter of items) console.log(told(letter));
    count += items.length;
    if (!nextCursor) break;
    cursor = nextCursor;
  }
  console.log(count === 0 ? 'There are none.'
    : `${count} in all. Mend the cause, then \`dead replay --handler NAME\` or \`dead replay LETTER\`.`);
}

function told({ tenantId, messageId, handler, kind, name, version, attempts, error, addedAt }: DeadLetter): string {
  const why = error?.message ?? 'no error kept';
  return `${tenantId}/${messageId}/${handler}\n  ${kind} ${name} v${version} of ${addedAt}, ${attempts} tries: ${why}`;
}

function keyOf(letter = ''): { tenantId: string; messageId: string; handler: string } {
  const [tenantId, messageId, ...handler] = letter.split('/');
  if (!isId(tenantId) || !isId(messageId) || handler.length === 0) throw new AppError('invalid', 'cli.letter',
    'Which one? Give the line that `dead list` prints (TENANT/MESSAGE/HANDLER); replay also takes --handler NAME for all of a handler.');
  return { tenantId, messageId, handler: handler.join('/') };
}
