import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { AppError } from '#platform/core';
import type { HttpConfig } from '../config/http.config.js';
import { PROBLEM_TYPE, problemOf } from '../problems/problem.js';
import { sendProblem } from '../problems/send-problem.js';

/** Longest part of a path: ids have 36 characters, names of models may have a few more. */
const MAX_PARAM_LENGTH = 200;

/** Idle connections outlive the usual 60 s of load balancers, which must be the side that closes first. */
const KEEP_ALIVE_MS = 72_000;

export function serverOptions(http: HttpConfig): FastifyServerOptions & { skipMiddie: true } {
  return {
    logger: false,
    // Ours is made with the flow.
    genReqId: () => '',
    bodyLimit: http.bodyLimit,
    requestTimeout: http.requestTimeoutSeconds * 1_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: http.trustProxy.length > 0 ? http.trustProxy : false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: Error, request: unknown, reply: unknown) =>
      sendProblem(request as FastifyRequest, reply as FastifyReply, error),
    clientErrorHandler,
    // Nest's middleware engine costs every request a hook and nothing here is middleware.
    skipMiddie: true,
  };
}

/** What is not HTTP never becomes a request, so the answer is written onto the socket itself. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(malformed(error.code));
  const body = JSON.stringify(problem);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ` +
    `${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

function malformed(code: string | undefined): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new AppError('deadline', 'kernel.request-timeout', 'The request did not arrive whole in time. Send it again.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new AppError('too-large', 'kernel.headers-too-large', 'The headers are larger than this server reads (16 KB). Send less.');
  return new AppError('invalid', 'kernel.http', 'What arrived is not a valid HTTP request, so it was not read. Check the client.');
}
