import { randomBytes } from 'node:crypto';
import { AppError, runAs } from '#platform/core';
import { withTenancy } from './with-tenancy.js';

/**
 * `tenant create`: a tenant and its owner, whom the operator vouches for, so that nothing has to be proven by e-mail. Shows the owner's
 * password, and with `--key` an API key that may everything, once.
 */
export async function createTenant({ name, email, owner, key }: { name?: string; email?: string; owner?: string; key?: boolean }):
Promise<void> {
  if (!name || !email) throw new AppError('invalid', 'cli.tenant-create',
    'Give --name its name and --email its owner\'s address; --owner is the owner\'s own name, and --key makes an API key as well.');
  const password = randomBytes(15).toString('base64url');
  const lines = await withTenancy(async (tenancy) => {
    const { tenantId, userId } = await tenancy.register({ tenantName: name, name: owner ?? email.split('@')[0]!, email, password });
    const actor = { kind: 'user' as const, id: userId, roles: ['owner'], permissions: ['*'] };
    const made = key && (await runAs({ tenantId, actor }, () => tenancy.createApiKey({ name: 'first', scopes: ['*'] })));
    return [`tenant    ${tenantId}  ${name}`, `owner     ${email}`, `password  ${password}`, ...(made ? [`API key   ${made.key}`] : [])];
  });
  console.log(`${lines.join('\n')}\n\nKept nowhere else. The owner signs in with POST /v1/auth/login and changes the password with POST ` +
    '/v1/auth/password.');
}
