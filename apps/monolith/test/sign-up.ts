import { User } from './user.js';

/** Signs up over HTTP and makes a key, as the documentation tells a new user. */
export async function register(url: string, email: string, tenantName: string): Promise<User> {
  const nobody = new User(url);
  const password = 'a-long-enough-passphrase-7';
  accepted(await nobody.send('POST', '/v1/auth/register', { tenantName, name: 'Ada', email, password }));
  const { body: session } = await nobody.send<{ accessToken: string }>('POST', '/v1/auth/login', { email, password });
  const { body } = accepted(await new User(url, session.accessToken).send<{ key: string }>('POST', '/v1/api-keys',
    { name: 'test', scopes: ['*'] }));
  return new User(url, body.key);
}

/** Without the test runner's help: the kill programme signs up as well. */
function accepted<T extends { status: number; body: unknown }>(answer: T): T {
  if (answer.status !== 201) throw new Error(`Signing up was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}
