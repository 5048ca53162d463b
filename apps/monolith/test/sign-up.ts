import { User } from './user.js';

/** Signs up over HTTP and makes a key, as the documentation tells a new user. */
export async function register(url: string, email: string, tenantName: string): Promise<User> {
  const nobody = new User(url);
  const password = 'a-long-enough-passphrase-7';
  expect((await nobody.send('POST', '/v1/auth/register', { tenantName, name: 'Ada', email, password })).status).toBe(201);
  const { body: session } = await nobody.send<{ accessToken: string }>('POST', '/v1/auth/login', { email, password });
  const { status, body } = await new User(url, session.accessToken).send<{ key: string }>('POST', '/v1/api-keys', { name: 'test', scopes: ['*'] });
  expect(status).toBe(201);
  return new User(url, body.key);
}
