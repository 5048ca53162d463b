/** What a piece of an answer holds: words for the reader, and what the model thinks on its way to them. */
export interface Content {
  text: string;
  thought: string;
}

const THINKING = /think|reason/i;

/**
 * The words of a message or of a change to it, in any form that compatible servers send: text, nothing, one part or a list of parts, a
 * refusal in place of content, thoughts in a field or a part of their own.
 */
export function contentOf(message: unknown): Content {
  if (typeof message === 'string') return { text: message, thought: '' };
  if (typeof message !== 'object' || message === null) return { text: '', thought: '' };
  const fields = message as Record<string, unknown>;
  const parts = partsOf(fields['content']);
  const own = [fields['reasoning_content'], fields['reasoning'], fields['thinking']].find((one) => wordsOf(one) !== '');
  return {
    text: parts.text === '' ? wordsOf(fields['refusal']) : parts.text,
    thought: wordsOf(own) + parts.thought,
  };
}

function partsOf(content: unknown): Content {
  const whole: Content = { text: '', thought: '' };
  for (const part of Array.isArray(content) ? (content as unknown[]) : [content]) {
    const type = (part as { type?: unknown } | null | undefined)?.type;
    whole[typeof type === 'string' && THINKING.test(type) ? 'thought' : 'text'] += wordsOf(part);
  }
  return whole;
}

/** All text inside, whatever it is wrapped in: `"a"`, `{ text: "a" }`, `{ text: { value: "a" } }`, `{ thinking: [{ text: "a" }] }`. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(wordsOf).join('');
  if (typeof value !== 'object' || value === null) return '';
  const { text, value: inner, content, thinking, reasoning, refusal } = value as Record<string, unknown>;
  return wordsOf(text ?? inner ?? content ?? thinking ?? reasoning ?? refusal);
}
