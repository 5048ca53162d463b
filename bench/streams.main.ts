import 'reflect-metadata';
import { Controller, Get, Global, Module } from '@nestjs/common';
import { Allow, Authenticator, HttpConfig, openEdge, type Principal, type SseAnswer, ssePush, type StreamSink } from '#platform/http';
import { CoreConfig, ObservabilityConfig } from '#platform/core';

/**
 * The edge of the streams bench: every stream is a log of its own that gets a token each 50 ms, at a phase of its own. Messages: `go` and
 * `stop` the tokens, `state` tells memory (after a collection), CPU time, streams and tokens sent.
 */
const ID = '01900000-0000-7000-8000-000000000001';
const PERIOD_MS = 50;
const sinks = new Map<StreamSink, number>();
const phases: Set<StreamSink>[] = Array.from({ length: PERIOD_MS }, () => new Set());
let opened = 0;
let sent = 0;

@Controller('v1/streams')
class StreamController {
  @Get()
  @Allow('bench.streams.read')
  open(): SseAnswer {
    return ssePush((sink) => {
      const phase = opened++ % PERIOD_MS;
      sinks.set(sink, 0);
      phases[phase]!.add(sink);
      return () => {
        sinks.delete(sink);
        phases[phase]!.delete(sink);
      };
    });
  }
}

class BenchAuthenticator extends Authenticator {
  async authenticate(): Promise<Principal> {
    return { tenantId: ID, credentialId: 'bench', actor: { kind: 'user', id: ID, roles: [], permissions: ['bench.streams.read'] } };
  }
}

const core = Object.assign(new CoreConfig(), { environment: 'production', port: 0 });
const http = Object.assign(new HttpConfig(), { docs: false, ratePerMinute: 1e9, accessLog: true });

@Global()
@Module({
  controllers: [StreamController],
  providers: [{ provide: Authenticator, useClass: BenchAuthenticator }, { provide: CoreConfig, useValue: core }],
  exports: [Authenticator, CoreConfig],
})
class BenchModule {}

const edge = await openEdge({ core, http, observability: new ObservabilityConfig(), imports: [BenchModule], publicHttp: true });
const port = Number(new URL(await edge.listen()).port);

let timer: NodeJS.Timeout | undefined;
let turn = 0;
let startedAt = 0;

/** Catches up with the clock: a timer that fires late must not make the tokens fewer. */
function tick(): void {
  for (const due = performance.now() - startedAt; turn < due; turn++) {
    for (const sink of phases[turn % PERIOD_MS]!) {
      const id = sinks.get(sink)! + 1;
      sinks.set(sink, id);
      sent += 1;
      sink.push(`id: ${id}\nevent: text\ndata: ${JSON.stringify({ text: ' token' })}\n\n`);
    }
  }
}

process.on('message', (message) => {
  if (message === 'go') {
    startedAt = performance.now();
    turn = 0;
    timer = setInterval(tick, 1);
  } else if (message === 'stop') clearInterval(timer);
  else {
    (globalThis as { gc?: () => void }).gc?.();
    process.send!({ rss: process.memoryUsage().rss, cpu: process.cpuUsage(), open: sinks.size, sent });
  }
});
process.send!({ port });
