import type { ModelQuirk } from './reply.js';

type Frame = { choices?: { delta?: Record<string, unknown>; finish_reason?: string | null }[]; usage?: unknown };

const DONE = 'data: [DONE]\n\n';

/** The frames of an answer as a server with these habits sends them. Every frame stays one element: schedules count them. */
export function withQuirks(frames: string[], quirks: readonly ModelQuirk[], usage: unknown): string[] {
  if (quirks.length === 0) return frames;
  const has = (quirk: ModelQuirk): boolean => quirks.includes(quirk);
  return frames.filter((frame) => !(has('no-done') && frame === DONE)).map((frame) => {
    if (frame === DONE) return framed(frame, quirks);
    const chunk = JSON.parse(frame.slice('data: '.length)) as Frame;
    const [choice] = chunk.choices ?? [];
    if (choice && has('no-delta') && choice.finish_reason) delete choice.delta;
    if (choice?.delta && has('null-fields')) Object.assign(choice.delta, { refusal: null, tool_calls: null, function_call: null,
      audio: null });
    if (choice?.delta && has('null-fields')) choice.delta = { content: null, ...choice.delta };
    if (choice?.delta && has('parts') && typeof choice.delta['content'] === 'string') {
      choice.delta['content'] = [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }, { type: 'text',
        text: choice.delta['content'] }];
    }
    const between = has('usage-between') && choice?.delta?.['content'] ? `data: ${JSON.stringify({ usage })}\n\n` : '';
    const before = `${has('comments') ? ': PROCESSING\n\n' : ''}${has('noise') ? 'data: {"choices":[{"del\n\nwarming up\n\n' : ''}`;
    return framed(`${before}data: ${JSON.stringify(chunk)}\n\n${between}`, quirks);
  });
}

function framed(text: string, quirks: readonly ModelQuirk[]): string {
  let made = text;
  if (quirks.includes('tight')) made = made.replaceAll('data: ', 'data:');
  if (quirks.includes('no-blank-lines')) made = made.replaceAll('\n\n', '\n');
  return quirks.includes('crlf') ? made.replaceAll('\n', '\r\n') : made;
}
