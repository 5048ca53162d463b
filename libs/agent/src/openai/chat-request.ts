import { type ChatOptions, readOptions } from './chat-options.js';
import { bad, isObject } from './openai-request.js';

/** An OpenAI chat request as it concerns us. */
interface ChatCompletionRequest extends ChatOptions {
  model: string;
  /** The last thing the user says. */
  question: string;
  /** Oldest first, without the question. */
  history: { role: 'user' | 'assistant'; content: string }[];
  system: string[];
}

const MOST_MESSAGES = 1_000;

/** Reads a body as any OpenAI client sends it; what Atoll cannot do is refused, never silently left out. */
export function readChatRequest(body: unknown): ChatCompletionRequest {
  if (!isObject(body)) throw bad('The body must be a JSON object.', null);
  const { model, messages } = body;
  if (typeof model !== 'string' || model === '')
    throw bad('model must name an agent; GET /v1/models lists them, and "default" is the default one.', 'model');
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MOST_MESSAGES)
    throw bad(`messages must be a list of 1 to ${MOST_MESSAGES} messages.`, 'messages');
  return { model, ...conversation(messages.map(readMessage)), ...readOptions(body) };
}

interface ReadMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * The question is the last thing the user says, wherever it stands; where no user says anything, the last instruction. Instructions may
 * stand anywhere. What the assistant has already said behind the question is the beginning of its answer.
 */
function conversation(messages: ReadMessage[]): Pick<ChatCompletionRequest, 'question' | 'history' | 'system'> {
  const said = messages.map((message, at) => ({ ...message, at })).filter(({ content }) => content.trim() !== '');
  const asked = said.findLast(({ role }) => role === 'user') ?? said.findLast(({ role }) => role === 'system');
  if (!asked) throw bad('messages hold no question: at least one message of the user must not be empty.', 'messages');
  const spoken = said.filter((message): message is typeof message & { role: 'user' | 'assistant' } => message.role !== 'system');
  const begun = spoken.filter(({ at }) => at > asked.at).map(({ content }) => content);
  return {
    question: asked.content,
    history: spoken.filter(({ at }) => at < asked.at).map(({ role, content }) => ({ role, content })),
    system: [
      ...said.filter(({ role, at }) => role === 'system' && at !== asked.at).map(({ content }) => content),
      ...(begun.length > 0 ? [`Your answer begins with what follows. Go on from there without repeating it:\n${begun.join('\n')}`] : []),
    ],
  };
}

const ROLES = new Map<unknown, ReadMessage['role']>([['system', 'system'], ['developer', 'system'], ['user', 'user'],
  ['assistant', 'assistant']]);

function readMessage(message: unknown, at: number): ReadMessage {
  const where = `messages[${at}]`;
  if (!isObject(message)) throw bad(`${where} must be an object.`, where);
  const { role, content } = message;
  const read = ROLES.get(role);
  if (role === 'tool' || role === 'function' || isFilled(message['tool_calls']) || isObject(message['function_call'])) {
    throw bad(`${where} is of a tool. Tools of the client are not supported: an agent of Atoll uses its own. Send the conversation ` +
      'without messages of tools.', role === 'assistant' ? `${where}.tool_calls` : `${where}.role`);
  }
  if (!read) throw bad(`${where}.role must be system, developer, user or assistant.`, `${where}.role`);
  const refusal = typeof message['refusal'] === 'string' ? message['refusal'] : '';
  return { role: read, content: readContent(content, `${where}.content`) || refusal };
}

function readContent(content: unknown, where: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as unknown[]) : [content];
  return parts.map((part, at) => readPart(part, Array.isArray(content) ? `${where}[${at}]` : where)).join('');
}

const TEXT_PARTS = new Map<unknown, 'text' | 'refusal'>([['text', 'text'], ['input_text', 'text'], ['output_text', 'text'],
  ['refusal', 'refusal']]);

function readPart(part: unknown, where: string): string {
  if (typeof part === 'string') return part;
  const type = isObject(part) ? part['type'] : undefined;
  const field = TEXT_PARTS.get(type);
  const text = isObject(part) && field ? part[field] : undefined;
  if (typeof text === 'string') return text;
  if (field) throw bad(`${where}.${field} must be text.`, `${where}.${field}`);
  if (typeof type !== 'string') throw bad(`${where} must be text or a list of parts like {"type":"text","text":"…"}.`, where);
  throw bad(`${where} is of type "${type.slice(0, 40)}". Agents read text only for now: send its text, or upload the file to /v1/files.`,
    where);
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
