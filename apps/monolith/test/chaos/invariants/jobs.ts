import { type Check, few, rows } from '../evidence.js';

/** What was accepted is to be over after this long. */
export const OVER_SECONDS = 120;

/**
 * Each accepted job is done, failed or a dead letter in time; each accepted file can be asked about or says why not; each removed one is
 * gone.
 */
export const jobs: Check = async (evidence) => {
  const late = await rows<{ message_id: string; handler: string; status: string; seconds: number }>(evidence, `
    select message_id, handler, status, extract(epoch from coalesce(finished_at, now()) - created_at)::int as seconds from kernel.delivery
     where kind = 'job' and coalesce(finished_at, now()) - created_at > $1 * interval '1 second'`, [OVER_SECONDS]);
  const found = late.map(({ message_id, handler, status, seconds }) => `job ${message_id} (${handler}) is ${status} after ${seconds} s`);
  const { journal, people, since } = evidence;
  await few(journal.filed.filter(({ id, round, removal }) => id && (round >= since || removal)), async (filed) => {
    const person = people.find(({ tenant }) => tenant === filed.tenant)!;
    const { status, body } = await person.look<{ state?: string }>(`/v1/knowledge/files/${filed.id}`);
    const what = `file ${filed.id} of ${filed.tenant}`;
    if (filed.removal) {
      if (status !== 404 && filed.removal === 'confirmed') found.push(`${what}: was removed, and is there (${status})`);
      if (status !== 404 && status !== 200) found.push(`${what}: answers ${status}`);
    } else if (status !== 200) found.push(`${what}: was accepted, and answers ${status}`);
    else if (body.state !== 'ready' && body.state !== 'failed') found.push(`${what}: is still ${body.state}`);
    else if (body.state === 'ready')
      found.push(...(await findMistakes(person.send.bind(person), filed.word, filed.id!)).map((mistake) => `${what}: ${mistake}`));
  });
  return found;
};

async function findMistakes(send: (method: string, path: string, body: unknown) => Promise<{ status: number; body: unknown }>, word: string,
  id: string): Promise<string[]> {
  const { status, body } = await send('POST', '/v1/search', { query: word });
  if (status !== 200) return [`searching for its word answers ${status}`];
  const holding = (body as { passages: { documentId: string; text: string }[] }).passages.filter(({ text }) => text.includes(word));
  return holding.length === 1 && holding[0]!.documentId === id ? []
    : [`is ready, and its word is found ${holding.length} times instead of once`];
}
