import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

/** Whether e-mails leave: in production invitations and password resets need them, and registering where addresses are proven. */
export function examinePeople({ core, mail, hosted }: Patient): Finding[] {
  if (!core.production || mail.smtpUrl || !hosted.some(({ name }) => name === 'tenancy')) return [];
  const found = new Findings('people');
  found.warning('ATOLL_SMTP_URL is not set, so nobody can be invited, prove an address or reset a password',
    'Set it with ATOLL_MAIL_FROM. The first tenant needs none: npm run atoll -- tenant create --name NAME --email ADDRESS.');
  return found.all;
}
