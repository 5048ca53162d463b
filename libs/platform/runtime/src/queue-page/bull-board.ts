import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { fastify } from 'fastify';
import { QueueBoard } from '#platform/messaging';
import type { RedisConfig } from '#platform/transport';

/** One file of the page, or an answer of the API behind it. */
interface PagePart {
  status: number;
  type: string;
  body: Buffer;
}

export interface BullBoard {
  /** `path` with its query, under the path of the page. */
  get(path: string): Promise<PagePart>;
  close(): void;
}

/** bull-board on a server of its own that listens nowhere: it is only asked after the house has let a request in. */
export function openBullBoard(path: string, redis: RedisConfig): BullBoard {
  const shown = new QueueBoard(redis);
  const serverAdapter = new FastifyAdapter();
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig: { boardTitle: 'Atoll queues' } } });
  const server = fastify().register(serverAdapter.setBasePath(path).registerPlugin(), { prefix: path });
  return {
    async get(url) {
      board.replaceQueues((await shown.queues()).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })));
      const { statusCode, headers, rawPayload } = await server.inject({ method: 'GET', url });
      return { status: statusCode, type: String(headers['content-type']), body: rawPayload };
    },
    close: () => shown.close(),
  };
}
