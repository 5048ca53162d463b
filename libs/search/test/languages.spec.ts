import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, eventually } from '#platform/testing';
import { Search } from '../src/contract.js';
import { context } from '../src/search.module.js';

const DOCUMENTS: Record<string, string> = {
  en: '## Opening\n\nThe museum opens at nine in the morning and closes at six, except on Mondays.\n\n## Tickets\n\nStudents who show ' +
    'their card pay half of the entrance fee.\n\n## Parking\n\nVisitors may park their cars behind the building for two hours.',
  de: '## Öffnungszeiten\n\nDas Museum ist von neun bis achtzehn Uhr geöffnet, außer an Montagen.\n\n## Eintritt\n\nStudierende zahlen ' +
    'gegen Vorlage ihres Ausweises den halben Eintrittspreis.\n\n## Parken\n\nBesucher dürfen ihre Fahrzeuge zwei Stunden lang hinter ' +
      'dem Gebäude abstellen.',
  es: '## Horario\n\nEl museo abre a las nueve de la mañana y cierra a las seis, excepto los lunes.\n\n## Entradas\n\nLos estudiantes ' +
    'que muestran su carné pagan la mitad del precio de la entrada.\n\n## Aparcamiento\n\nLos visitantes pueden aparcar sus coches ' +
      'detrás del edificio durante dos horas.',
  ru: '## Часы работы\n\nМузей открывается в девять часов утра и закрывается в шесть, кроме понедельников.\n\n## Билеты\n\nСтуденты, ' +
    'предъявившие студенческий билет, платят половину стоимости входа.\n\n## Парковка\n\nПосетители могут оставить свои автомобили за ' +
      'зданием на два часа.',
  ar: '## المواعيد\n\nيفتح المتحف أبوابه في الساعة التاسعة صباحا ويغلق في السادسة ما عدا أيام الاثنين.\n\n## التذاكر\n\nيدفع الطلاب ' +
    'الذين يبرزون بطاقاتهم نصف رسوم الدخول.\n\n## المواقف\n\nيمكن للزوار إيقاف سياراتهم خلف المبنى لمدة ساعتين.',
  zh: '## 开放时间\n\n博物馆上午九点开门，下午六点关门，星期一除外。\n\n## 门票\n\n出示学生证的学生只需支付一半的入场费。\n\n## 停车\n\n参观者可以把汽车停在大楼后面，最多两个小时。',
};

/** Asked in other words and inflections than the documents use. */
const QUESTIONS: [string, string, string][] = [
  ['en', 'What do students pay for entering?', 'half of the entrance fee'],
  ['en', 'parking of visitors', 'park their cars'],
  ['de', 'Wie viel Eintritt zahlt ein Studierender?', 'halben Eintrittspreis'],
  ['de', 'Wo kann ich mein Fahrzeug abstellen?', 'Fahrzeuge zwei Stunden'],
  ['es', '¿Cuánto paga un estudiante por la entrada?', 'la mitad del precio'],
  ['es', '¿Dónde puede aparcar el coche un visitante?', 'aparcar sus coches'],
  ['ru', 'Сколько платит студент за вход?', 'половину стоимости'],
  ['ru', 'Где можно оставить автомобиль?', 'автомобили за зданием'],
  ['ar', 'كم يدفع الطالب مقابل الدخول؟', 'نصف رسوم'],
  ['ar', 'أين يمكن إيقاف السيارة؟', 'سياراتهم خلف'],
  ['zh', '学生的入场费是多少？', '一半的入场费'],
  ['zh', '汽车可以停在哪里？', '停在大楼后面'],
];

describe('one tenant, six languages', () => {
  let booted: BootedContexts;
  const tenant = newId();

  beforeAll(async () => {
    booted = await bootContexts([context]);
    const search = booted.get(Search);
    await asTenant(tenant, async () => {
      for (const [language, text] of Object.entries(DOCUMENTS))
        await search.add({ id: newId(), name: `museum.${language}.md`, mediaType: 'text/markdown', text });
      await eventually(async () => expect((await search.statistics({})).pending).toBe(0), { timeoutMs: 30_000 });
    });
  });
  afterAll(() => booted?.close());

  it.each(QUESTIONS)('%s: %s', async (language, question, words) => {
    const [best] = await asTenant(tenant, () => booted.get(Search).find({ text: question, limit: 3 }));
    expect(best).toMatchObject({ documentName: `museum.${language}.md`, text: expect.stringContaining(words) });
  });
});
