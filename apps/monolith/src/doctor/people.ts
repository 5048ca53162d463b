import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

/** Whether anybody can get in: in production registering proves an address by e-mail. */
export function examinePeople({ core, mail, hosted, env }: Patient): Finding[] {
  const verified = env.ATOLL_EMAIL_VERIFICATION !== 'off' && env.ATOLL_REGISTRATION !== 'closed';
  if (!core.production || !verified || mail.smtpUrl || !hosted.some(({ name }) => name === 'tenancy')) return [];
  const found = new Findings('people');
  found.warning('ATOLL_SMTP_URL is not set, so nobody can register, be invited or reset a password',
    'Set it with ATOLL_MAIL_FROM. The first tenant needs none: npm run atoll -- tenant create --name NAME --email ADDRESS.');
  return found.all;
}
