import { type Check, few } from '../evidence.js';

/** Nobody was shown another tenant's words, neither a person nor the model that answers one. */
export const canaries: Check = async ({ journal, model }) => {
  const owners = new Map(journal.asked.map(({ nonce, tenant }) => [nonce, tenant]));
  const shown = [...model.served].flatMap(([nonce, served]) =>
    served.map((one) => ({ owner: owners.get(nonce), shown: one.shown, nonce })));
  return [
    ...journal.foreign,
    ...shown.flatMap((one) => [...journal.canaries].filter(([tenant, canary]) => tenant !== one.owner && canary.isIn(one.shown))
      .map(([tenant]) => `the model was shown words of ${tenant} with question ${one.nonce} of ${one.owner ?? 'nobody'}`)),
  ];
};

/** Whatever has failed, a request is answered, and never by "500". */
export const answers: Check = async ({ journal }) => [...journal.odd];

/** Each accepted fact is remembered once. */
export const facts: Check = async ({ journal, people }) => {
  const found: string[] = [];
  await few(people, async (person) => {
    const kept = await person.all<{ id: string; text: string }>('/v1/memories');
    for (const { id, text } of journal.noted.filter(({ tenant }) => tenant === person.tenant)) {
      const times = kept.filter((fact) => fact.id === id || fact.text.includes(text.split(' ')[1]!)).length;
      if (times !== 1) found.push(`fact ${id} of ${person.tenant}: was accepted, and is remembered ${times} times instead of once`);
    }
  });
  return found;
};

/** The chain of the audit log is whole. */
export const audit: Check = async ({ people }) => {
  const found: string[] = [];
  await few(people, async (person) => {
    const { status, body } = await person.look<{ whole?: boolean }>('/v1/audit/verification');
    if (status !== 200) found.push(`the audit log of ${person.tenant} answers ${status}`);
    else if (!(body.whole)) found.push(`the audit log of ${person.tenant} is not whole: ${JSON.stringify(body)}`);
  });
  return found;
};
