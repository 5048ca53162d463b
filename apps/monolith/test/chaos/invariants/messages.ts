import { endOf } from '../asking.js';
import { type Check, few } from '../evidence.js';
import type { Asked } from '../journal.js';

interface Message {
  id: string;
  role: string;
  text: string;
  status: string;
  runId: string | null;
}

const STATUS: Record<string, string> = { 'run.completed': 'complete', 'run.failed': 'failed', 'run.cancelled': 'interrupted',
  'run.interrupted': 'interrupted' };

/** Each acknowledged question and answer stands in its conversation once, in the order of asking, as its reader was told. */
export const messages: Check = async ({ journal, people, since }) => {
  const found: string[] = [];
  const conversations = Map.groupBy(journal.asked.filter(({ round }) => round >= since), ({ conversationId }) => conversationId);
  await few(conversations.keys(), async (conversationId) => {
    const asked = journal.asked.filter((one) => one.conversationId === conversationId);
    const person = people.find(({ tenant }) => tenant === asked[0]!.tenant)!;
    const kept = await person.all<Message>(`/v1/conversations/${conversationId}/messages`);
    found.push(...mistakes(asked, kept).map((mistake) => `conversation ${conversationId} of ${person.tenant}: ${mistake}`));
  });
  return found;
};

/** Nobody knows whether a question that was never answered was accepted: it may be there, once. */
export function mistakes(asked: Asked[], kept: Message[]): string[] {
  const found: string[] = [];
  let place = -1;
  for (const one of asked) {
    const own = kept.filter(({ text, runId, role }) =>
      role === 'user' && (text === one.text || (one.runId !== undefined && runId === one.runId)));
    const wanted = one.accepted ? own.length === 1 : own.length <= 1;
    if (!wanted) found.push(`question ${one.nonce} of run ${one.runId ?? 'unknown'} stands in it ${own.length} times instead of once`);
    const end = endOf(one);
    if (!one.runId || !end || own.length !== 1) continue;
    const at = kept.indexOf(own[0]!);
    if (at <= place) found.push(`question ${one.nonce} stands at place ${at}, before one that was asked earlier`);
    place = at;
    const answers = kept.filter(({ role, runId }) => role === 'assistant' && runId === one.runId);
    if (answers.length !== 1) found.push(`the answer of run ${one.runId} stands in it ${answers.length} times instead of once`);
    else found.push(...answerMistakes(one.runId, end, answers[0]!, kept[at + 1]));
  }
  return found;
}

function answerMistakes(runId: string, end: { event: string; data: Record<string, unknown> }, answer: Message,
  next: Message | undefined): string[] {
  const found: string[] = [];
  if (next !== answer) found.push(`the answer of run ${runId} does not follow its question`);
  if (answer.id !== end.data['messageId'])
    found.push(`the answer of run ${runId} is message ${answer.id}, its reader was told ${String(end.data['messageId'])}`);
  if (answer.text !== end.data['text'])
    found.push(`the answer of run ${runId} reads ${quote(answer.text)}, its reader was told ${quote(String(end.data['text']))}`);
  if (answer.status !== STATUS[end.event]) found.push(`the answer of run ${runId} is ${answer.status}, its reader was told ${end.event}`);
  return found;
}

function quote(text: string): string {
  return `"${text.length > 80 ? `${text.slice(0, 40)} … ${text.slice(-40)}` : text}"`;
}
