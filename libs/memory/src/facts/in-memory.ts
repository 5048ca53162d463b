import { extractFacts } from './extract.js';
import { forgettingIn } from './forget.js';

/** Whether something of a message is kept for later conversations, or makes something kept be forgotten. */
export type InMemory = 'kept' | 'nothing' | 'forgotten';

/** What `Memory.learn` will make of a message: whoever answers it promises that and nothing else. Pure. */
export function inMemory(message: string): InMemory {
  if (forgettingIn(message)) return 'forgotten';
  return extractFacts(message).length > 0 ? 'kept' : 'nothing';
}
