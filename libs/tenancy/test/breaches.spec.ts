import { createHash } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '#platform/core';
import { House } from './house.js';

const LEAKED = 'horse staple battery';

describe('passwords that leaked', () => {
  let server: Server;
  let house: House;
  const asked: string[] = [];
  let answer: 'range' | 'broken' | 'silent' = 'range';

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      if (answer === 'silent') return;
      const digest = createHash('sha1').update(LEAKED).digest('hex').toUpperCase();
      response.writeHead(answer === 'broken' ? 500 : 200).end([`${'0'.repeat(35)}:0`, `${digest.slice(5)}:12`, ''].join('\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    house = await House.open('embedded',
      { ATOLL_BREACHED_PASSWORDS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/` });
  });
  afterAll(async () => {
    await house?.close();
    server.closeAllConnections();
    server.close();
  });

  const register = (password: string) =>
    house.ask('POST', '/v1/auth/register', { body: { tenantName: 'Reef', name: 'Ada', email: `${newId()}@example.org`, password } });

  it('are refused, also in another spelling of the same letters, and only five characters of a hash were told', async () => {
    for (const password of [LEAKED, LEAKED.replaceAll(' ', '\u00a0')])
      expect((await register(password)).body).toMatchObject({ status: 400, type: 'urn:atoll:problem:tenancy.weak-password' });
    expect((await register('correct horse battery')).status).toBe(201);
    expect(asked).toHaveLength(3);
    for (const url of asked) expect(url).toMatch(/^\/range\/[0-9A-F]{5}$/);
  });

  it('cannot be told where the service fails or is silent: the built-in list decides', async () => {
    answer = 'broken';
    expect((await register(LEAKED)).status).toBe(201);
    expect((await register('passwordpassword')).status).toBe(400);
    answer = 'silent';
    const started = Date.now();
    expect((await register(LEAKED)).status).toBe(201);
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});
