import { languageOf, words } from '#platform/text';

export interface Phrases {
  unknown: string;
  told: string;
  noted: string;
  /** To a message that asks nothing. */
  statement: string;
  hello: string;
  welcome: string;
  /** Said once per conversation, behind the first answer. */
  note: string;
}

const ENGLISH: Phrases = {
  unknown: 'I do not know: I found nothing in your documents that answers this.',
  told: 'You told me:',
  noted: 'Noted. I will remember it.',
  statement: 'I see no question in this, and I have not noted it. Ask me something about your documents.',
  hello: 'Hello! Ask me about your documents: I answer with the passages that say it, and tell you when none does.',
  welcome: 'You are welcome.',
  note: '_I am the built-in offline model: I find and quote the best sentences of your documents. With OPENAI_API_KEY set, a language ' +
    'model answers instead._',
};

const PHRASES: Record<string, Phrases> = {
  en: ENGLISH,
  de: {
    unknown: 'Das weiß ich nicht: In Ihren Dokumenten habe ich nichts gefunden, das diese Frage beantwortet.',
    told: 'Sie haben mir gesagt:',
    noted: 'Notiert. Ich merke es mir.',
    statement: 'Ich erkenne darin keine Frage und habe mir nichts notiert. Fragen Sie mich etwas zu Ihren Dokumenten.',
    hello: 'Hallo! Fragen Sie mich nach Ihren Dokumenten: Ich antworte mit den Stellen, die es sagen, und sage Ihnen, wenn keine es sagt.',
    welcome: 'Gern geschehen.',
    note: '_Ich bin das eingebaute Offline-Modell: Ich finde und zitiere die besten Sätze Ihrer Dokumente. Ist OPENAI_API_KEY gesetzt, ' +
      'antwortet stattdessen ein Sprachmodell._',
  },
  fr: {
    unknown: 'Je ne sais pas : je n’ai rien trouvé dans vos documents qui réponde à cette question.',
    told: 'Vous m’avez dit :',
    noted: 'C’est noté, je m’en souviendrai.',
    statement: 'Je n’y vois pas de question, et je n’en ai rien noté. Posez-moi une question sur vos documents.',
    hello: 'Bonjour ! Interrogez-moi sur vos documents : je réponds avec les passages qui le disent, et je vous dis quand aucun ne le dit.',
    welcome: 'Je vous en prie.',
    note: '_Je suis le modèle hors ligne intégré : je trouve et cite les meilleures phrases de vos documents. Avec OPENAI_API_KEY, un ' +
      'modèle de langage répond à ma place._',
  },
  es: {
    unknown: 'No lo sé: no he encontrado nada en sus documentos que responda a esto.',
    told: 'Usted me dijo:',
    noted: 'Anotado. Lo recordaré.',
    statement: 'No veo ninguna pregunta en esto, y no lo he anotado. Pregúnteme algo sobre sus documentos.',
    hello: '¡Hola! Pregúnteme sobre sus documentos: respondo con los pasajes que lo dicen, y le digo cuando ninguno lo dice.',
    welcome: 'De nada.',
    note: '_Soy el modelo integrado sin conexión: busco y cito las mejores frases de sus documentos. Con OPENAI_API_KEY responde un ' +
      'modelo de lenguaje._',
  },
};

/** In the language of the first of these texts that is told to be in one, else in English; in English too where it is none of these. */
export function phrasesFor(texts: string[]): Phrases {
  for (const text of texts) {
    const language = languageOf(words(text.slice(0, 2_000)));
    if (language !== null) return PHRASES[language] ?? ENGLISH;
  }
  return ENGLISH;
}
