import { IsInt, Min } from 'class-validator';
import { AppError } from '../errors/app-error.js';
import { CoreConfig } from './core.config.js';
import { Env } from './env.decorator.js';
import { loadConfig } from './load.js';

class ShelfConfig {
  @Env('ATOLL_SHELF_BOOKS', { description: 'Books on a shelf.' })
  @IsInt() @Min(1)
  books: number = 7;

  @Env('ATOLL_SHELF_OPEN', { description: 'Whether the shelf has no door.' })
  open: boolean = true;

  @Env('ATOLL_SHELF_LABELS', { description: 'Labels, comma-separated.' })
  labels: string[] = [];
}

const SECRET = 'mK3vX9qLw2TzR8nB5cY7dF4gH6jP1sAe';
const FORMER = 'Zp1oXq5CiVb7NyMr0WkSj9DhGe2LtAuF';

function shelf(env: NodeJS.ProcessEnv): ShelfConfig {
  return loadConfig([ShelfConfig], env).get(ShelfConfig) as ShelfConfig;
}

function faults(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig([CoreConfig, ShelfConfig], env);
    return [];
  } catch (error) {
    return (error as AppError).details.errors!.map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
}

describe('loadConfig', () => {
  it('reads numbers, switches and lists, and takes an empty text for unset', () => {
    expect(shelf({ ATOLL_SHELF_BOOKS: '3', ATOLL_SHELF_OPEN: 'off', ATOLL_SHELF_LABELS: 'a, b,' }))
      .toEqual({ books: 3, open: false, labels: ['a', 'b'] });
    expect(shelf({ ATOLL_SHELF_BOOKS: '' })).toEqual({ books: 7, open: true, labels: [] });
  });

  it('leaves settings of contexts elsewhere alone: pods may share one environment', () => {
    expect(loadConfig([CoreConfig], { ATOLL_SECRET: SECRET, ATOLL_SHELF_BOOKS: 'many' }, { elsewhere: [ShelfConfig] }).has(ShelfConfig))
      .toBe(false);
    expect(() => loadConfig([CoreConfig], { ATOLL_SECRET: SECRET, ATOLL_SHELF_BOKS: '3' }, { elsewhere: [ShelfConfig] }))
      .toThrow(/ATOLL_SHELF_BOKS is not a setting/);
  });

  it('tells every fault at once: wrong type, out of range, unknown name, missing secret', () => {
    expect(faults({ NODE_ENV: 'production', PORT: 'http', ATOLL_SHELF_BOOKS: '0', ATOLL_SHELF_OPEN: 'maybe',
      ATOLL_SHELF_BOKS: '1' })).toEqual([
      'PORT must be a number',
      'ATOLL_SECRET must be set in production, the same in every process: at least 32 random characters (openssl rand -base64 48)',
      'ATOLL_SHELF_OPEN must be a boolean',
      'ATOLL_SHELF_BOOKS must not be less than 1',
      'ATOLL_SHELF_BOKS is not a setting of Atoll (see docs/configuration.md)',
    ]);
  });

  it('never repeats a value', () => {
    try {
      loadConfig([CoreConfig], { ATOLL_SECRET: 'hunter2-hunter2', DATABASE_URL: 'mysql://root:hunter2@db/x' });
    } catch (error) {
      expect((error as Error).message).toContain('DATABASE_URL');
      expect(JSON.stringify(error) + (error as Error).message).not.toContain('hunter2');
    }
    expect.assertions(2);
  });

  it.each(['short', 'change-me-change-me-change-me-change-me', 'a'.repeat(40), 'your-secret-your-secret-your-secret-your'])(
    'refuses the secret "%s" in production, present or former', (secret) => {
    expect(faults({ NODE_ENV: 'production', ATOLL_SECRET: secret })).toEqual([expect.stringMatching(/^ATOLL_SECRET /)]);
    for (const former of [secret, `${FORMER},${secret}`]) {
      expect(faults({ NODE_ENV: 'production', ATOLL_SECRET: SECRET, ATOLL_SECRET_PREVIOUS: former }))
        .toEqual([expect.stringMatching(/^ATOLL_SECRET_PREVIOUS /)]);
    }
    expect(faults({ NODE_ENV: 'production', ATOLL_SECRET: SECRET, ATOLL_SECRET_PREVIOUS: FORMER })).toEqual([]);
  });

  it('leaves the faults to the whole load when it only peeks', () => {
    const config = loadConfig([CoreConfig], { PORT: 'http', ATOLL_CONTEXTS: 'search' }, { peek: true }).get(CoreConfig) as CoreConfig;
    expect(config.contexts).toEqual(['search']);
  });
});
