import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError, ERROR_STATUS, logger, toAppError } from '#kernel';

export interface OpenAiError {
  error: { message: string; type: string; code: string; param: string | null };
}

/** Codes that OpenAI's clients and their users know, by our reasons and codes. */
function named({ code, reason }: AppError): { type: string; code: string } {
  if (code === 'unauthenticated') return { type: 'invalid_request_error', code: 'invalid_api_key' };
  if (code === 'payment-required') return { type: 'insufficient_quota', code: 'insufficient_quota' };
  if (code === 'rate-limited') return { type: 'rate_limit_error', code: 'rate_limit_exceeded' };
  if (code === 'forbidden') return { type: 'permission_error', code: 'insufficient_permissions' };
  if (reason === 'agent.model-not-found') return { type: 'invalid_request_error', code: 'model_not_found' };
  if (ERROR_STATUS[code] >= 500) return { type: 'server_error', code: reason };
  return { type: 'invalid_request_error', code: reason };
}

export function openAiError(error: unknown): OpenAiError {
  const own = toAppError(error);
  const param = own.details['param'] ?? own.details.errors?.[0]?.pointer.slice(1).replaceAll('/', '.') ?? null;
  return { error: { message: own.message, ...named(own), param: typeof param === 'string' ? param : null } };
}

/** Errors of the OpenAI-compatible routes in OpenAI's own shape, whoever threw them. */
@Catch()
export class OpenAiErrorFilter implements ExceptionFilter {
  private readonly log = logger('agent');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = thrown instanceof HttpException ? fromHttp(thrown) : toAppError(thrown);
    const status = ERROR_STATUS[error.code];
    if (status >= 500) this.log.error({ error: thrown }, 'a request of an OpenAI client failed');
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (error.details.retryAfterSeconds !== undefined) void reply.header('retry-after', String(error.details.retryAfterSeconds));
    void reply.status(status).type('application/json').send(openAiError(error));
  }
}

function fromHttp(error: HttpException): AppError {
  const status = error.getStatus();
  const code = (Object.entries(ERROR_STATUS).find(([, known]) => known === status)?.[0] ?? 'internal') as AppError['code'];
  return new AppError(code, 'kernel.http', error.message);
}
