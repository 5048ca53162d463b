import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Controller, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, current, currentFlow } from '#platform/core';
import { Allow } from '../src/routes/access.js';
import type { Connection } from '../src/sse/connection.js';
import { nativeView, type SseView } from '../src/sse/event.js';
import { type SseAnswer, ssePush, type StreamSink } from '../src/sse/sse.js';

/** What the streams of the specs did, and a hand on those that push. */
export const seen = new EventEmitter<{ returned: [string]; detached: [string]; sink: [StreamSink] }>();

interface SseEvent {
  id?: number;
  event: string;
  data: unknown;
}

const eventView: SseView<SseEvent> = {
  ...nativeView,
  render: ({ id, event, data }) => `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  isTerminal: ({ event }) => event === 'done' || event === 'error',
  end: () => 'event: done\ndata: {}\n\n',
};

const dataOnly: SseView<{ n: number }> = {
  headers: { 'x-view': 'data-only' },
  render: (part) => `data: ${JSON.stringify(part)}\n\n`,
  isTerminal: () => false,
  end: () => 'data: [DONE]\n\n',
  error: ({ detail }) => `data: {"error":${JSON.stringify(detail)}}\n\n`,
  resume: () => 'data: {"error":"come back"}\n\n',
};

@Controller('streams')
export class StreamController {
  /** Counts on from Last-Event-ID to 5, then is done; every part tells the tenant it was made for. */
  @Get('count')
  @Allow()
  count(@Headers('last-event-id') after = '0'): SseAnswer {
    return sse(counting(Number(after)));
  }

  @Get('view')
  @Allow()
  view(): SseAnswer {
    return sse((async function* () { yield { n: 1 }; yield { n: 2 }; })(), dataOnly);
  }

  @Get('fails/:after')
  @Allow()
  fails(@Param('after') after: string): SseAnswer {
    return sse(failing(Number(after)));
  }

  @Get('endless')
  @Allow()
  endless(): SseAnswer {
    return sse(endless(0));
  }

  /** 64 KB a part, as fast as they are taken. */
  @Get('flood')
  @Allow()
  flood(): SseAnswer {
    return sse(endless(65_536));
  }

  @Get('silent')
  @Allow()
  silent(): SseAnswer {
    return sse(silence());
  }

  @Get('pushed')
  @Allow()
  pushed(): SseAnswer {
    return ssePush((sink) => {
      seen.emit('sink', sink);
      return () => seen.emit('detached', 'pushed');
    }, { maxLagBytes: 100_000 });
  }

  @Get('pushed/refused')
  @Allow()
  refused(): SseAnswer {
    return ssePush(async () => {
      await sleep(5);
      throw new AppError('not-found', 'kernel.not-found', 'No such log.');
    });
  }

  @Post('asked')
  @HttpCode(200)
  @Allow()
  asked(): SseAnswer {
    return sse(counting(3));
  }
}

/** A stream that pulls its source inside the request's flow, as fast as the reader takes it, and stops it when the reader leaves. */
export function sse<Part = SseEvent>(parts: AsyncIterable<Part>, view = eventView as unknown as SseView<Part>): SseAnswer {
  return ssePush(async (sink) => {
    const iterator = parts[Symbol.asyncIterator]();
    sink.signal.addEventListener('abort', () => void iterator.return?.().then(undefined, () => undefined));
    const first = await iterator.next();
    pull(sink as Connection, iterator, first, view).catch((error: unknown) => sink.fail(error));
  }, { view });
}

async function pull<Part>(sink: Connection, iterator: AsyncIterator<Part>, first: IteratorResult<Part>,
  view: SseView<Part>): Promise<void> {
  for (let step = first; sink.open; step = await iterator.next()) {
    if (step.done) return sink.end(view.end());
    const frame = view.render(step.value);
    if (view.isTerminal(step.value)) return sink.end(frame);
    if (sink.push(frame)) await sink.drained();
  }
}

async function* counting(after: number): AsyncGenerator<SseEvent> {
  try {
    for (let id = after + 1; id <= 5; id++) {
      await sleep(1);
      yield { id, event: 'number', data: { id, tenant: current().tenantId } };
    }
    yield { id: 6, event: 'done', data: { tenant: current().tenantId } };
    yield { id: 7, event: 'number', data: 'never seen' };
  } finally {
    seen.emit('returned', current().tenantId);
  }
}

async function* failing(after: number): AsyncGenerator<SseEvent> {
  for (let id = 1; id <= after; id++) yield { id, event: 'number', data: id };
  await sleep(1);
  throw new AppError('unavailable', 'spec.gone', 'The source is gone. Come back later.');
}

async function* endless(bytes: number): AsyncGenerator<SseEvent> {
  const data = 'x'.repeat(bytes);
  try {
    for (let id = 1; ; id++) {
      if (bytes === 0) await sleep(5, undefined, { signal: currentFlow()!.signal! }).catch(() => undefined);
      yield { id, event: 'number', data };
    }
  } finally {
    seen.emit('returned', 'endless');
  }
}

async function* silence(): AsyncGenerator<SseEvent> {
  await sleep(60_000, undefined, { signal: currentFlow()!.signal!, ref: false }).catch(() => undefined);
  seen.emit('returned', 'silent');
  yield { event: 'done', data: {} };
}

export interface Stream {
  response: IncomingMessage;
  /** Everything that came. */
  text: () => string;
  /** Resolves once the text holds `part`. */
  until: (part: string) => Promise<void>;
  /** Resolves with the whole text when the server has closed. */
  end: () => Promise<string>;
  leave: () => void;
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  const request = get(url, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const changed = new EventEmitter();
  let text = '';
  let closed = false;
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    changed.emit('change');
  });
  response.on('close', () => {
    closed = true;
    changed.emit('change');
  });
  response.on('error', () => undefined);
  request.on('error', () => undefined);
  const wait = async (done: () => boolean): Promise<void> => {
    while (!done()) await once(changed, 'change', { signal: AbortSignal.timeout(20_000) });
  };
  return {
    response,
    text: () => text,
    until: (part) => wait(() => text.includes(part)),
    end: async () => {
      await wait(() => closed);
      return text;
    },
    leave: () => request.destroy(),
  };
}
