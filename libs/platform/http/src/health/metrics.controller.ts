import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CoreConfig, metrics } from '#platform/core';
import { Public } from '../routes/access.js';

/** Prometheus metrics on the main port, for callers on this machine; with ATOLL_METRICS_PORT they have a listener of their own instead. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly core: CoreConfig) {}

  @Get()
  @Public()
  async scrape(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (this.core.metricsPort !== 0 || !isLoopback(request.socket.remoteAddress) || Object.keys(request.headers).some(isOfProxy))
      throw new NotFoundException();
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  }
}

/** A proxy on this machine connects from it, and speaks for somebody else. */
function isOfProxy(header: string): boolean {
  return /^(forwarded|via|(x-)?forwarded-.+|x-(real|client|cluster-client|original)-?.*|(true|cf|fastly)-.*ip|cdn-loop)$/.test(header);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.'));
}
