/**
 * What of a file was not read, or read by a guess. The word is stable; the sentence is for its owner and stands beside the file's state,
 * because a file that is `ready` would otherwise be taken for read as a whole.
 */
export const WARNINGS = {
  'struck-text': 'Struck-through or deleted text was left out: it no longer holds.',
  'hidden-text': 'Text that no reader of the document sees (hidden, invisible or outside the page) was left out.',
  comments: 'Comments of reviewers were left out: they are not part of the document.',
  pictures: 'The document holds pictures, which are not read: what stands in them only is not found.',
  embedded: 'The document embeds charts or other files, which were not read. Upload them by themselves.',
  'unread-form': 'The document holds a form of a kind (XFA) whose values were not read. Print it into a PDF and upload that.',
  'pages-without-text': '',
  encoding: '',
} as const;

export type WarningCode = keyof typeof WARNINGS;

export interface Warning {
  code: WarningCode;
  message: string;
}
