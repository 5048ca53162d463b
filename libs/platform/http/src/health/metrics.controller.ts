import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, CoreConfig, metrics } from '#platform/core';
import { Public } from '../routes/access.js';

/** Prometheus metrics on the main port, for callers on this machine; with ATOLL_METRICS_PORT they have a listener of their own instead. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly core: CoreConfig) {}

  @Get()
  @Public()
  async scrape(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (this.core.metricsPort !== 0 || !isLoopback(request.socket.remoteAddress) || request.headers['x-forwarded-for'] !== undefined) {
      throw new AppError('not-found', 'kernel.no-route', 'There is no such route. See /docs for the ones there are.');
    }
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.'));
}
