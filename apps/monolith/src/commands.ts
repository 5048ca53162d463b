import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { AppError, CoreConfig, environment, loadConfig } from '#platform/core';
import { createLogin, migrateDatabase } from '#platform/runtime';
import { contexts } from '../../contexts.js';
import { refuseToStart } from '../../launch.js';
import { addFolders } from './add-folder.js';
import { deadLetterCommand } from './dead-letters.js';
import { examine } from './doctor/doctor.js';
import { splitScript } from './split/split.js';
import { auditVerify } from './tenancy/audit-verify.js';
import { createTenant } from './tenancy/create-tenant.js';
import { isLifeCommand, lifeCommand } from './tenancy/life-commands.js';
import { operatorCommand } from './tenancy/operator-commands.js';
import { tenantCommand } from './tenancy/tenant-commands.js';

const USAGE = `npm run atoll -- <command>

  db init --admin URL [--login NAME] [--rotate]   makes the unprivileged login role and prints the two settings
  migrate [--admin URL]                           runs the migrations of all contexts (default: ATOLL_MIGRATION_DATABASE_URL)
  doctor                                          checks what this environment's process needs, and says how to mend each fault
  add PATH... [--api-key KEY] [--url URL]         uploads files, and every file below folders, to the running Atoll
  split CONTEXT... [--replicas N]                 prints what to run to move contexts into a process of their own
  audit verify [--tenant ID]                      walks along the audit chains of all tenants (or of one), and names the first bad entry
  tenant create --name NAME --email ADDRESS [--owner NAME] [--key]   makes a tenant and its owner; shows the password (and a key) once
  tenant suspend --tenant ID --reason TEXT        shuts a tenant within 5 seconds; tenant resume --tenant ID opens it again
  tenant plan --tenant ID --plan NAME [--trial-days N]
  tenant domain --tenant ID --domain NAME         vouches that an e-mail domain is a tenant's, in place of a DNS record
  tenant export --tenant ID --to FILE             writes everything a tenant has into one signed archive
  tenant import FILE [--clone] [--trust KEY]      takes an archive in; --clone makes another tenant of it, --trust believes another deployment's key
  tenant archive-key                              prints the public key that this deployment's archives are signed with
  tenant delete --tenant ID [--now]               shuts a tenant and erases it after the days of grace, or at once
  tenant keep --tenant ID                         takes a deletion back; tenant erasure --tenant ID shows its report
  tenant reapply-erasures                         after a restore: erases again what had been erased since the backup
  operator add --email ADDRESS --name NAME        makes an operator of the deployment and shows the password once; operator remove --email ADDRESS
  dead list [--handler NAME] [--tenant ID] [--parked]   what handlers gave up on (parked: of a version that no running code knows)
  dead replay LETTER | --handler NAME             hands one, or all of a handler, to it again; dead discard LETTER forgets one
`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      admin: { type: 'string' }, login: { type: 'string' }, rotate: { type: 'boolean' }, replicas: { type: 'string' },
      tenant: { type: 'string' }, reason: { type: 'string' }, plan: { type: 'string' }, to: { type: 'string' }, clone: { type: 'boolean' },
      trust: { type: 'string', multiple: true }, now: { type: 'boolean' }, 'trial-days': { type: 'string' }, domain: { type: 'string' },
      help: { type: 'boolean' },
      email: { type: 'string' }, name: { type: 'string' }, owner: { type: 'string' }, key: { type: 'boolean' }, url: { type: 'string' },
      'api-key': { type: 'string' },
      handler: { type: 'string' }, parked: { type: 'boolean' },
    },
  });
  const command = positionals.join(' ');
  if (values.help || command === '' || command === 'help') console.log(USAGE);
  else if (command === 'db init') await initDatabase(adminUrl(values.admin), values.login, values.rotate);
  else if (command === 'migrate') await migrateAll(adminUrl(values.admin));
  else if (command === 'doctor') await callDoctor();
  else if (positionals[0] === 'add') await addFolders(positionals.slice(1), { url: values.url, key: values['api-key'] });
  else if (positionals[0] === 'split') console.log(splitScript({ moved: positionals.slice(1).flatMap((names) => names.split(',')),
    replicas: Number(values.replicas ?? 1), env: environment() }));
  else if (command === 'audit verify') process.exitCode = (await auditVerify(values.tenant)) ? 0 : 1;
  else if (command === 'tenant create') await createTenant(values);
  else if (/^tenant (suspend|resume|plan|domain)$/.test(command)) await tenantCommand(command.slice('tenant '.length), values);
  else if (positionals[0] === 'tenant' && isLifeCommand(positionals[1]))
    await lifeCommand(positionals[1], { ...values, file: positionals[2] });
  else if (/^operator (add|remove)$/.test(command)) await operatorCommand(command.slice('operator '.length), values);
  else if (/^dead (list|replay|discard)$/.test(positionals.slice(0, 2).join(' ')))
    await deadLetterCommand(positionals[1]!, { ...values, letter: positionals[2] });
  else throw new AppError('invalid', 'cli.unknown-command', `"${command}" is no command of Atoll's.\n\n${USAGE}`);
} catch (error) {
  refuseToStart(error);
}

async function initDatabase(admin: string, login?: string, rotate?: boolean): Promise<void> {
  const { databaseUrl, created } = await createLogin({ adminUrl: admin, login, rotate });
  console.log(`The login role was ${created ? 'created' : 'given a new password'}. Set these two; the password is kept nowhere else:\n`);
  console.log(`  ATOLL_MIGRATION_DATABASE_URL=${admin}\n  DATABASE_URL=${databaseUrl}`);
}

async function migrateAll(admin: string): Promise<void> {
  const owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const { applied } = await migrateDatabase(admin, owners);
  console.log(applied.length === 0 ? 'Nothing to do: every migration has been applied.'
    : `Applied:\n${applied.map((name) => `  ${name}`).join('\n')}`);
}

async function callDoctor(): Promise<void> {
  const { report, exitCode } = await examine(environment());
  console.log(report);
  process.exitCode = exitCode;
}

function adminUrl(given: string | undefined): string {
  const url = given ?? (loadConfig([CoreConfig], environment(), { peek: true }).get(CoreConfig) as CoreConfig).migrationDatabaseUrl;
  if (!url) throw new AppError('invalid', 'cli.no-admin-url',
    'This needs Postgres as the role that owns the schemas. Give --admin postgres://… or set ATOLL_MIGRATION_DATABASE_URL.');
  return url;
}
