import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifyHttpOptions } from 'fastify';
import { AppError } from '#platform/core';
import type { HttpConfig } from '../config/http.config.js';
import { PROBLEM_TYPE, problemOf } from '../problems/problem.js';
import { sendProblem } from '../problems/send-problem.js';
import { closeSlowly } from './unread-body.js';

/** Longest part of a path: ids have 36 characters, names of models may have a few more. */
const MAX_PARAM_LENGTH = 200;

/** A request that is too slow is noticed this much later at most. */
const CHECK_MS = 2_000;

const HEADERS_MS = 60_000;

/** Idle connections outlive the usual 60 s of load balancers, which must be the side that closes first. */
const KEEP_ALIVE_MS = 72_000;

export function serverOptions(http: HttpConfig): FastifyHttpOptions<Server> & { skipMiddie: true } {
  return {
    logger: false,
    // Ours is made with the flow.
    genReqId: () => '',
    bodyLimit: http.bodyLimit,
    requestTimeout: http.requestTimeoutSeconds * 1_000,
    // Node takes the longer of the two for the whole request.
    http: { connectionsCheckingInterval: CHECK_MS, headersTimeout: Math.min(HEADERS_MS, http.requestTimeoutSeconds * 1_000) },
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

/**
 * What is not HTTP never becomes a request, and one that is too slow is still arriving: the answer is written onto the socket itself,
 * unless another one is on its way there, and the socket closes whatever its client does.
 */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse | null }): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const problem = problemOf(malformed(error.code));
  const body = JSON.stringify(problem);
  socket.write(`HTTP/1.1 ${problem.status} ${problem.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ` +
    `${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
  // What still arrives of a request that was too slow must not be served behind that answer.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroySoon();
  else closeSlowly(socket);
}

function malformed(code: string | undefined): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new AppError('request-timeout', 'kernel.request-timeout', 'The request did not arrive whole in time. Send it again.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new AppError('too-large', 'kernel.headers-too-large', 'The headers are larger than this server reads (16 KB). Send less.');
  return new AppError('invalid', 'kernel.http', 'What arrived is not a valid HTTP request, so it was not read. Check the client.');
}
