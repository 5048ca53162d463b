import type { StreamedEvent, User } from './user.js';

/** What a scripted model says for some seconds. */
export const WORDS = Array.from({ length: 400 }, (_, at) => `w${at} `);
/** Names of the events that end a run. */
export const ENDS = /^run\.(completed|failed|cancelled|interrupted)$/;
export const textOf = (events: StreamedEvent[]): string =>
  events.map(({ event, data }) => (event === 'answer.delta' ? String(data['text']) : '')).join('');

/** Reads a stream until `enough`, or the server goes away. */
export async function readUntil(stream: AsyncGenerator<StreamedEvent>,
  enough: (events: StreamedEvent[]) => boolean | Promise<boolean>): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  try {
    for await (const event of stream) {
      events.push(event);
      if (await enough(events)) break;
    }
  } catch {
    // The server died: what was read stands.
  }
  return events;
}

/** A run's events behind `seen`, until it ends or the server goes away. */
export const whole = (user: User, runId: string, seen = 0): Promise<StreamedEvent[]> =>
  readUntil(user.stream('GET', `/v1/runs/${runId}/events`, { headers: { 'last-event-id': String(seen) } }), () => false);
