import { languageOf, words } from '#platform/text';

const DONE: Record<string, string> = {
  en: 'I forget it. What I still remember of you stands under /v1/memories, where you can delete it too.',
  de: 'Ich vergesse es. Was ich noch von Ihnen weiß, steht unter /v1/memories; dort können Sie es auch löschen.',
  fr: 'Je l’oublie. Ce que je sais encore de vous se trouve sous /v1/memories, où vous pouvez aussi l’effacer.',
  es: 'Lo olvido. Lo que aún recuerdo de usted está en /v1/memories, donde también puede borrarlo.',
};

/** What is said to somebody who wants something forgotten, in their language. */
export function forgotten(question: string): string {
  return DONE[languageOf(words(question)) ?? 'en'] ?? DONE['en']!;
}
