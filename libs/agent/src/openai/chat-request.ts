import { AppError } from '#platform/core';

/** What of an OpenAI chat request concerns us. Fields that only tune a model (seed, top_p, user …) are accepted and not used. */
interface ChatCompletionRequest {
  model: string;
  /** The last message of the user. */
  question: string;
  /** Oldest first, without the question. */
  history: { role: 'user' | 'assistant'; content: string }[];
  system: string[];
  stream: boolean;
  includeUsage: boolean;
  temperature: number | null;
  maxTokens: number | null;
}

const MOST_MESSAGES = 1_000;

/** Reads a body as any OpenAI client sends it; what Atoll cannot do is refused, never silently left out. */
export function readChatRequest(body: unknown): ChatCompletionRequest {
  if (!isObject(body)) throw bad('The body must be a JSON object.', null);
  const { model, messages, stream, stream_options: streamOptions, temperature, n } = body;
  if (typeof model !== 'string' || model === '')
    throw bad('model must name an agent; GET /v1/models lists them, and "default" is the default one.', 'model');
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MOST_MESSAGES)
    throw bad(`messages must be a list of 1 to ${MOST_MESSAGES} messages.`, 'messages');
  if (isFilled(body['tools']) || isFilled(body['functions']))
    throw bad('Tools of the client are not supported: an agent of Atoll uses its own. Send the request without tools.', 'tools');
  if (n !== undefined && n !== null && n !== 1) throw bad('n must be 1: an agent gives one answer.', 'n');
  if (temperature !== undefined && temperature !== null && !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2))
    throw bad('temperature must be between 0 and 2.', 'temperature');
  const read = messages.map(readMessage);
  const question = read.at(-1)!;
  if (question.role !== 'user' || question.content.trim() === '')
    throw bad('The last message must be the user\'s and must not be empty.', 'messages');
  return {
    model,
    question: question.content,
    history: read.slice(0, -1)
      .filter((message): message is { role: 'user' | 'assistant'; content: string } => message.role !== 'system' && message.content !== ''),
    system: read.filter(({ role }) => role === 'system').map(({ content }) => content),
    stream: stream === true,
    includeUsage: isObject(streamOptions) && streamOptions['include_usage'] === true,
    temperature: (temperature as number | null | undefined) ?? null,
    maxTokens: tokens(body['max_completion_tokens'], 'max_completion_tokens') ?? tokens(body['max_tokens'], 'max_tokens'),
  };
}

interface ReadMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

function readMessage(message: unknown, at: number): ReadMessage {
  const where = `messages[${at}]`;
  if (!isObject(message)) throw bad(`${where} must be an object.`, where);
  const { role, content } = message;
  if (role !== 'system' && role !== 'developer' && role !== 'user' && role !== 'assistant')
    throw bad(`${where}.role must be system, developer, user or assistant.`, `${where}.role`);
  return { role: role === 'developer' ? 'system' : role, content: readContent(content, `${where}.content`) };
}

function readContent(content: unknown, where: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw bad(`${where} must be text or a list of text parts.`, where);
  return content
    .map((part: unknown) => {
      if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
      throw bad(`${where} holds a part that is not text. Agents read text only for now.`, where);
    })
    .join('');
}

function tokens(value: unknown, name: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw bad(`${name} must be a whole number above 0.`, name);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

export function bad(message: string, param: string | null): AppError {
  return new AppError('invalid', 'agent.openai-request', message, { param });
}
