import { type ChatRequest, type ModelReply, type ModelUsage, lastUserText } from './reply.js';

/** Characters of tool arguments per streamed fragment: small enough that every client has to join several. */
const FRAGMENT = 8;

export interface Answer {
  id: string;
  created: number;
  parts: string[];
  toolCalls: { id: string; type: 'function'; function: { name: string; arguments: string } }[];
  reasoning: string[];
  usage: unknown;
  finishReason: string | null;
}

export function answerTo(request: ChatRequest, reply: ModelReply, id: string): Answer {
  const once = reply.text ?? (reply.toolCalls ? [] : `You said: ${lastUserText(request)}`);
  const parts = repeated(typeof once === 'string' ? words(once) : once, reply.repeat ?? 1);
  const toolCalls = (reply.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `${id}-call-${index}`,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
  return {
    id,
    created: Math.floor(Date.now() / 1000),
    parts,
    toolCalls,
    reasoning: reply.reasoning ?? [],
    usage: 'rawUsage' in reply ? reply.rawUsage : usage(request, parts.length + toolCalls.length, reply.usage),
    finishReason: reply.finishReason === undefined ? (toolCalls.length > 0 ? 'tool_calls' : 'stop') : reply.finishReason,
  };
}

export function completion(request: ChatRequest, answer: Answer): string {
  const { id, created, parts, toolCalls, finishReason } = answer;
  const message = { role: 'assistant', content: parts.length > 0 ? parts.join('') : null, refusal: null,
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }) };
  return JSON.stringify({
    id, object: 'chat.completion', created, model: request.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: answer.usage,
  });
}

/** The answer as server-sent events, one per element, in the order OpenAI sends them; text parts keep their index. */
export function frames(request: ChatRequest, answer: Answer): string[] {
  const facts = `"object":"chat.completion.chunk","created":${answer.created},"model":${JSON.stringify(request.model)}`;
  const head = `{"id":${JSON.stringify(answer.id)},${facts},`;
  const frame = (delta: string, finish: string | null = null) =>
    `data: ${head}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]}\n\n`;
  const result = answer.reasoning.map((part) => frame(JSON.stringify({ role: 'assistant', content: null, reasoning_content: part })));
  result.push(...answer.parts.map((part, index) =>
    frame(`{${index === 0 ? '"role":"assistant",' : ''}"content":${JSON.stringify(part)}}`)));
  answer.toolCalls.forEach((call, index) => {
    const { arguments: text, name } = call.function;
    result.push(frame(JSON.stringify({ role: 'assistant',
      tool_calls: [{ index, id: call.id, type: 'function', function: { name, arguments: '' } }] })));
    for (let at = 0; at < text.length; at += FRAGMENT) {
      result.push(frame(JSON.stringify({ tool_calls: [{ index, function: { arguments: text.slice(at, at + FRAGMENT) } }] })));
    }
  });
  if (answer.finishReason !== null) result.push(frame('{}', answer.finishReason));
  if (request.stream_options?.include_usage) result.push(`data: ${head}"choices":[],"usage":${JSON.stringify(answer.usage)}}\n\n`);
  result.push('data: [DONE]\n\n');
  return result;
}

function words(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === '' ? [] : [text]);
}

function repeated(parts: string[], times: number): string[] {
  return times === 1 ? parts : Array.from({ length: times }, () => parts).flat();
}

function usage(request: ChatRequest, outputParts: number, told: Partial<ModelUsage> = {}): Record<string, unknown> {
  const input = told.inputTokens ?? Math.ceil(JSON.stringify(request.messages).length / 4);
  const output = told.outputTokens ?? outputParts;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: told.cachedTokens ?? 0 },
  };
}
