import { once } from 'node:events';
import { LocalEmitter } from '#platform/messaging';
import { eventually } from '#platform/testing';
import { type EdgeFixture, TENANTS, as, edgeFixture } from '../../test/edge.fixture.js';
import { StreamController, openStream, seen } from '../../test/sse.fixture.js';
import { subjectsEnded } from './revocation-watch.js';

describe('what ended', () => {
  const emitter = new LocalEmitter();
  let fixture: EdgeFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await edgeFixture({ controllers: [StreamController], providers: [{ provide: LocalEmitter, useValue: emitter }],
      core: { drainSeconds: 0 } });
    url = await fixture.edge.listen();
  });
  afterAll(() => fixture.edge.close());

  const stream = (token: string) => openStream(`${url}/streams/endless`, as(token));

  it.each([
    ['session', 'credential-a:one'],
    ['member', 'user-a'],
    ['tenant', TENANTS.a!],
  ])('closes the streams of a %s that ended in this process, and no others', async (_kind, subject) => {
    const [mine, other] = [await stream('a:one'), await stream('b:two')];
    emitter.emit(subjectsEnded, [subject]);
    expect(await mine.end()).toMatch(/event: error\ndata: .*kernel\.credential-ended/);
    emitter.emit(subjectsEnded, ['credential-b:two']);
    expect((await other.end()).match(/event: error/g)).toHaveLength(1);
  });

  it('verifies a token anew at its next request', async () => {
    const ask = () => fetch(`${url}/streams/count`, { headers: as('a:again') }).then((response) => response.text());
    await ask();
    const { asked } = fixture.authenticator;
    await ask();
    expect(fixture.authenticator.asked).toBe(asked);
    emitter.emit(subjectsEnded, ['user-a']);
    await ask();
    expect(fixture.authenticator.asked).toBe(asked + 1);
  });

  it('closes the streams of what ended in another process within seconds, once for each notice', async () => {
    const sink = once(seen, 'sink');
    const mine = await openStream(`${url}/streams/pushed`, as('a:there'));
    await sink;
    const started = performance.now();
    fixture.authenticator.notices.push({ id: 'notice', subject: 'user-a' });
    expect(await mine.end()).toMatch(/kernel\.credential-ended/);
    expect(performance.now() - started).toBeLessThan(5_000);
    const again = await stream('a:there');
    const { looks } = fixture.authenticator;
    await eventually(() => expect(fixture.authenticator.looks).toBeGreaterThan(looks + 1));
    expect(again.text()).not.toMatch(/event: error/);
    emitter.emit(subjectsEnded, ['user-a']);
    await again.end();
  });

  it('asks nobody while no stream is open', async () => {
    const { looks } = fixture.authenticator;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(fixture.authenticator.looks - looks).toBeLessThanOrEqual(1);
  });
});
