import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { currentFlow, Secrets } from '#platform/core';
import { Allow, Public } from '../src/routes/access.js';
import { edgeFixture, type EdgeFixture, type FixtureOptions, ThingController } from './edge.fixture.js';
import { ProblemsAs } from '../src/problems/problem.js';
import type { SseAnswer } from '../src/sse/sse.js';
import { sse, StreamController } from './sse.fixture.js';
import { uploads } from '../src/body/uploads.js';
import { controllersOf, routesOf } from '../src/routes/routes-of.js';

/** Two contexts under one prefix: `rooms` has it, `talk` has one POST below it. */
@Controller('v1/rooms')
export class RoomsController {
  @Get(':id')
  @Public()
  one(@Param('id') id: string): object {
    return { by: 'rooms', id };
  }

  @Get(':id/words')
  @Public()
  words(@Param('id') id: string): object {
    return { by: 'rooms', id };
  }
}

@Controller('v1/rooms/:room')
export class TalkController {
  @Post('words')
  @HttpCode(200)
  @Public()
  say(@Param('room') room: string, @Query('x') x: string | undefined, @Body() body: object): object {
    return { by: 'talk', room, x, body };
  }
}

/** What a controller needs where it is hosted, and lacks where it is only forwarded. */
export class Needed {}

@Controller('talk')
export class EchoController {
  constructor(readonly needed: Needed) {}

  /** What a handler is told of the request. */
  @Get('seen')
  @Public()
  seen(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): object {
    reply.headers({ 'x-own': 'kept', 'keep-alive': 'timeout=5', 'x-for-the-hop': 'dropped' });
    return { ip: request.ip, headers: request.headers, requestId: currentFlow()?.requestId, traceparent: currentFlow()?.traceparent };
  }

  @Post('files')
  @HttpCode(200)
  @Allow()
  async files(@Req() request: FastifyRequest): Promise<object[]> {
    const files = [];
    for await (const { filename, content } of uploads(request)) {
      let bytes = 0;
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        currentUpload.bytes = bytes;
      }
      files.push({ filename, bytes });
    }
    return files;
  }

  @Get('foreign')
  @Public()
  @ProblemsAs(({ status }) => ({ fault: status }))
  foreign(): SseAnswer {
    return sse((async function* () {
      yield { event: 'number', data: 1 };
      await new Promise(() => undefined);
    })());
  }
}

export const currentUpload = { bytes: 0 };

export const secrets = (): Secrets => new Secrets('the secret of this whole deployment, longer than 32');

export interface ForwardFixture {
  edge: EdgeFixture;
  /** Where the edge listens. */
  url: string;
  rooms: EdgeFixture;
  talk: EdgeFixture;
  /** Where `talk` listens. */
  talkUrl: string;
  close(): Promise<void>;
}

const ROOMS: Type[] = [RoomsController];
const TALK: Type[] = [TalkController, EchoController, ThingController, StreamController];

export function hosting(controllers: Type[], options: Omit<FixtureOptions, 'controllers' | 'providers'> = {}): Promise<EdgeFixture> {
  return edgeFixture({ ...options, controllers, providers: [Needed, { provide: Secrets, useValue: secrets() }] });
}

/** An edge that hosts nothing, in front of two contexts in processes (here: applications) of their own. */
export async function forwardFixture(options: { edge?: FixtureOptions;
  talkUrls?: (own: string) => string[] } = {}): Promise<ForwardFixture> {
  const [rooms, talk] = await Promise.all([hosting(ROOMS, { http: { docs: true } }), hosting(TALK, { http: { ratePerMinute: 60 } })]);
  const [roomsUrl, talkUrl] = await Promise.all([rooms.edge.listen(), talk.edge.listen()]);
  const edge = await forwardingTo({ rooms: [[roomsUrl], ROOMS], talk: [options.talkUrls?.(talkUrl) ?? [talkUrl], TALK] }, options.edge);
  return {
    edge, rooms, talk, talkUrl,
    url: await edge.edge.listen(),
    close: async () => void (await Promise.all([edge, rooms, talk].map((one) => one.edge.close()))),
  };
}

export function forwardingTo(contexts: Record<string, [urls: string[], controllers: Type[]]>,
  options: FixtureOptions = {}): Promise<EdgeFixture> {
  const entries = Object.entries(contexts);
  return hosting(options.controllers ?? [], {
    ...options,
    absent: {
      names: Object.keys(contexts),
      forwarded: entries.map(([context, [urls, controllers]]) => {
        class Hosted {}
        Reflect.defineMetadata('controllers', controllers, Hosted);
        return { context, urls: urls.map((url) => new URL(url)), routes: controllersOf(Hosted).flatMap(routesOf) };
      }),
      controllers: async () => entries.flatMap(([, [, controllers]]) => controllers),
      config: async () => [],
    },
  });
}
