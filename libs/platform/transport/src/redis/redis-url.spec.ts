import { loadConfig } from '#platform/core';
import { RedisConfig } from './redis.config.js';
import { describeRedis, readRedisUrl } from './redis-url.js';

const server = { form: 'server', tls: false, db: 0 };

describe('REDIS_URL', () => {
  it.each([
    ['redis://h', { ...server, nodes: [{ host: 'h', port: 6379 }] }],
    ['rediss://:p%2Fw%40@h.example:6380/3', { ...server, tls: true, password: 'p/w@', nodes: [{ host: 'h.example', port: 6380 }], db: 3 }],
    ['redis://me:secret@[::1]:1', { ...server, username: 'me', password: 'secret', nodes: [{ host: '::1', port: 1 }] }],
    ['redis+sentinel://:pw@a,b:5,c/primary/2?sentinel_password=of%20theirs', {
      form: 'sentinel', tls: false, db: 2, master: 'primary', password: 'pw', sentinelPassword: 'of theirs',
      nodes: [{ host: 'a', port: 26379 }, { host: 'b', port: 5 }, { host: 'c', port: 26379 }],
    }],
    ['rediss+cluster://u:p@a:7000,b:7001', {
      form: 'cluster', tls: true, db: 0, username: 'u', password: 'p', nodes: [{ host: 'a', port: 7000 }, { host: 'b', port: 7001 }],
    }],
  ])('reads %s', (url, place) => {
    expect(readRedisUrl(url)).toEqual(place);
  });

  it.each([
    ['http://h', /must be of the form redis:\/\/host:6379, rediss/],
    ['redis://a,b', /names several hosts/],
    ['redis+sentinel://a,b', /must name the primary that the Sentinels watch/],
    ['redis+cluster://a/1', /a cluster has only the one/],
    ['redis://h/x', /number of a database/],
    ['redis://h:99999', /must name a host, or host:port/],
    ['redis+cluster://a,,b', /must name a host, or host:port/],
    ['redis://h?family=6', /option Atoll does not know/],
  ])('refuses %s', (url, words) => {
    expect(() => loadConfig([RedisConfig], { REDIS_URL: url })).toThrow(words);
  });

  it('never repeats a password', () => {
    for (const url of ['redis://:hush@a,b', 'redis://:hu/sh@h', 'nonsense:hush', 'redis+sentinel://:hush@h/']) {
      let told = '';
      try {
        loadConfig([RedisConfig], { REDIS_URL: url });
      } catch (error) {
        told = `${(error as Error).message} ${JSON.stringify(error)}`;
      }
      expect(told).toMatch(/REDIS_URL/);
      expect(told).not.toMatch(/hu.?sh/);
    }
    expect(describeRedis('redis+sentinel://:hush@a,b/main')).toBe('main of the Sentinels a:26379, b:26379');
  });

  it('wants a certificate behind ATOLL_REDIS_CA', () => {
    const load = (file: string) => () => loadConfig([RedisConfig], { ATOLL_REDIS_CA: file });
    expect(load('/no/such/file')).toThrow(/ATOLL_REDIS_CA must name a file that this process can read \(ENOENT\)/);
    expect(load('package.json')).toThrow(/ATOLL_REDIS_CA must name a file with a certificate in PEM/);
  });
});
