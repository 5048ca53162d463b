import type { DiscoveryService } from '@nestjs/core';
import { type Received, defineEvent } from './define-event.js';
import { On } from './on.decorator.js';
import { defineJob, definedJobs } from './define-job.js';
import { Cron, Job } from './job.decorator.js';
import { HandlerRegistry } from './handler-registry.js';

const opened = defineEvent<{ n: number }>('reg.opened', 1);
const openedAnew = defineEvent<{ n: number }>('reg.opened', 2);
const closed = defineEvent<{ n: number }>('reg.closed', 1);
const paint = defineJob<{ n: number }>('reg.paint', { attempts: 9, timeoutMs: 50 });

class Painter {
  said: unknown;
  @Job(paint) paint(job: { data: unknown }) {
    this.said = job.data;
  }
}

function read(classes: (new () => object)[], hosted = ['reg']): HandlerRegistry {
  const discovery = { getProviders: () =>
    classes.map((metatype) => ({ metatype, instance: new metatype() })) } as unknown as DiscoveryService;
  const registry = new HandlerRegistry(discovery, hosted);
  registry.read();
  return registry;
}

describe('handlers found at boot', () => {
  it('are bound to their instance, with the options of their kind', async () => {
    class Listener {
      heard: number[] = [];
      @On(opened, 'reg.listen') one({ data }: Received<typeof opened>) {
        this.heard.push(data.n);
      }
      @On(openedAnew, 'reg.listen') two({ data }: Received<typeof openedAnew>) {
        this.heard.push(data.n * 100);
      }
      @Cron('reg.tick', '0 3 * * *', { timeZone: 'Europe/Berlin' }) tick() {}
    }
    const registry = read([Listener, Painter]);
    expect(registry.of('reg.opened').map(({ name }) => name)).toEqual(['reg.listen']);
    expect([...registry.get('reg.listen')!.runs.keys()]).toEqual([1, 2]);
    expect(registry.get('reg.paint'))
      .toMatchObject({ kind: 'job', context: 'reg', options: { attempts: 9, timeoutMs: 50, backoffMs: 1000, concurrency: 2 } });
    expect(registry.get('reg.tick')).toMatchObject({ kind: 'cron', cron: { pattern: '0 3 * * *', timeZone: 'Europe/Berlin' } });
    expect(registry.of('reg.paint')).toHaveLength(1);
    expect(registry.of('reg.unheard')).toEqual([]);
  });

  it('are inherited', () => {
    class Child extends Painter {}
    expect(read([Child]).get('reg.paint')).toBeDefined();
  });

  it('refuses a job nobody runs, naming it and the decorator', () => {
    expect(() => read([])).toThrow(/Job reg\.paint is defined but nothing runs it: put @Job/);
    expect(() => read([], ['other'])).not.toThrow();
  });

  it('refuses what is declared twice', () => {
    class Again {
      @Job(paint) too() {}
    }
    class One {
      @On(opened, 'reg.same') a() {}
      @On(closed, 'reg.same') b() {}
    }
    expect(() => read([Painter, Again])).toThrow(/reg\.paint is declared twice, the second time by Again\.too/);
    expect(() => read([Painter, One])).toThrow(/reg\.same is declared twice/);
    expect(() => defineJob('reg.paint')).toThrow(/defined twice/);
    expect(() => defineEvent('reg.opened', 1)).toThrow(/defined twice/);
  });

  it('refuses a handler of a context that is not here, and an event that nobody defines', () => {
    class Stray {
      @On(opened, 'elsewhere.listen') a() {}
    }
    class Deaf {
      @On({ kind: 'event', name: 'reg.made-up', version: 1 }, 'reg.listen') a() {}
    }
    expect(() => read([Painter, Stray])).toThrow(/does not host the context elsewhere/);
    expect(() => read([Painter, Deaf])).toThrow(/listens to reg\.made-up version 1, which no defineEvent/);
  });

  it('tells every fault at once', () => {
    class Stray {
      @On(opened, 'elsewhere.listen') a() {}
    }
    expect(() => read([Stray])).toThrow(/elsewhere[\s\S]*reg\.paint/);
  });

  it('are chosen by context or by name, and a name that fits nothing is refused', () => {
    class Listener {
      @On(opened, 'reg.listen') one() {}
    }
    const registry = read([Listener, Painter]);
    const names = (queues: string[]): string[] => registry.selected(queues).map(({ name }) => name).sort();
    expect(names(['all'])).toEqual(['reg.listen', 'reg.paint']);
    expect(names(['reg'])).toEqual(['reg.listen', 'reg.paint']);
    expect(names(['reg.paint'])).toEqual(['reg.paint']);
    expect(() => names(['reg.paint', 'search']))
      .toThrow(/ATOLL_QUEUES names search, which is neither a context nor a handler of this process/);
  });

  it('takes no definition that is missing, and no name that is none', () => {
    expect(() => On(undefined as never, 'reg.listen')).toThrow(/imported in a circle/);
    expect(() => Job(undefined as never)).toThrow(/imported in a circle/);
    for (const name of ['reg', 'Reg.paint', 'reg.Paint', 'reg.', 'reg.two words', 'reg.x;drop table'])
      expect(() => defineJob(name)).toThrow(/not a message name/);
  });

  afterAll(() => definedJobs.delete('reg.paint'));
});
