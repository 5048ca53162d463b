import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Controller, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, current, currentFlow } from '#platform/core';
import { Allow } from '../src/routes/access.js';
import type { SseEvent, SseView } from '../src/sse/event.js';
import { type SseAnswer, sse, ssePush, type StreamSink } from '../src/sse/sse.js';

/** What the streams of the specs did, and a hand on those that push. */
export const seen = new EventEmitter<{ returned: [string]; detached: [string]; sink: [StreamSink] }>();

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
  count(@Headers('last-event-id') after = '0'): SseAnswer<SseEvent> {
    return sse(counting(Number(after)));
  }

  @Get('view')
  @Allow()
  view(): SseAnswer<{ n: number }> {
    return sse((async function* () { yield { n: 1 }; yield { n: 2 }; })(), { view: dataOnly });
  }

  @Get('fails/:after')
  @Allow()
  fails(@Param('after') after: string): SseAnswer<SseEvent> {
    return sse(failing(Number(after)));
  }

  @Get('endless')
  @Allow()
  endless(): SseAnswer<SseEvent> {
    return sse(endless(0));
  }

  /** 64 KB a part, as fast as they are taken. */
  @Get('flood')
  @Allow()
  flood(): SseAnswer<SseEvent> {
    return sse(endless(65_536));
  }

  @Get('silent')
  @Allow()
  silent(): SseAnswer<SseEvent> {
    return sse(silence());
  }

  @Get('pushed')
  @Allow()
  pushed(): SseAnswer<never> {
    return ssePush((sink) => {
      seen.emit('sink', sink);
      return () => seen.emit('detached', 'pushed');
    }, { maxLagBytes: 100_000 });
  }

  @Get('pushed/refused')
  @Allow()
  refused(): SseAnswer<never> {
    return ssePush(async () => {
      await sleep(5);
      throw new AppError('not-found', 'kernel.not-found', 'No such log.');
    });
  }

  @Post('asked')
  @HttpCode(200)
  @Allow()
  asked(): SseAnswer<SseEvent> {
    return sse(counting(3));
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
