/** Why a file gave no text. The word is stable, the message is for the person who uploaded it. */
export type UnreadableReason = 'encrypted' | 'damaged' | 'empty' | 'too-long' | 'too-many-pages' | 'too-slow' | 'too-much-memory'
  | 'archive-bomb' | 'crashed';

export class Unreadable extends Error {
  constructor(
    readonly reason: UnreadableReason,
    message: string,
  ) {
    super(message);
    this.name = 'Unreadable';
  }
}
