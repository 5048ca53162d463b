import { randomBytes } from 'node:crypto';
import { AppError } from '#platform/core';
import { withTenancy } from './with-tenancy.js';

/** `operator add` makes somebody who runs the deployment, and shows their password once; `operator remove` ends all they may. */
export async function operatorCommand(verb: string, { email, name }: { email?: string; name?: string }): Promise<void> {
  if (!email || (verb === 'add' && !name)) throw new AppError('invalid', 'cli.operator',
    'Give --email, and for a new operator --name: tenants read it where an operator looked into their data.');
  if (verb === 'remove') {
    const removed = await withTenancy((tenancy) => tenancy.removeOperator({ email }));
    console.log(removed ? `${email} is no operator any more.` : `${email} was no operator.`);
    return;
  }
  const password = randomBytes(18).toString('base64url');
  const operator = await withTenancy((tenancy) => tenancy.addOperator({ email, name: name!, password }));
  console.log(`${operator.name} <${operator.email}> signs in at POST /v1/operator/sign-in, and may do nothing before a second factor is ` +
    `set up (POST /v1/operator/second-factor). The password is kept nowhere else:\n\n  ${password}`);
}
