import { type ArgumentsHost, Catch, Controller, type RpcExceptionFilter, type Type, UseFilters } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import {
  AppError, type CallOptions, type Contract, type Flow, logger, pulledIn, runInFlow, span, type SpanOptions, streamSpan,
} from '#platform/core';
import type { CallContext } from './call-context.js';

type Service = Record<string, (input: unknown) => unknown>;

/** Errors cross as they are: the transport makes data of them. What is no answer to the caller is for the log of this process. */
@Catch()
class RpcErrorFilter implements RpcExceptionFilter {
  private readonly log = logger('rpc');

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    const call = host.switchToRpc().getContext<CallContext>().getPattern();
    if (!(error instanceof AppError)) this.log.error({ err: error, call }, 'a call of another process failed');
    return throwError(() => error);
  }
}

/** A Nest controller that answers other processes: a message pattern for each call of a contract that is hosted here. */
export function rpcController(contract: Contract): Type {
  @Controller()
  @UseFilters(new RpcErrorFilter())
  class RpcController {
    private found: Service | undefined;

    constructor(private readonly modules: ModuleRef) {}

    /** Looked up with the first call: a process without Redis gets none. */
    get service(): Service {
      return (this.found ??= this.modules.get<Service>(contract.token as never, { strict: false }));
    }
  }
  const { prototype } = RpcController;
  for (const [name, options] of Object.entries(contract.calls)) {
    const pattern = `${contract.name}.${name}`;
    const value = function (this: RpcController, input: unknown, context: CallContext): unknown {
      return handle(this.service, name, options, input, context);
    };
    Object.defineProperty(prototype, pattern, { value });
    Payload()(prototype, pattern, 0);
    Ctx()(prototype, pattern, 1);
    MessagePattern(pattern)(prototype, pattern, { value });
  }
  return RpcController;
}

/**
 * Calls the service as the caller's tenant, which is rebuilt from the signed message; a call without one is refused unless the contract
 * says that it is made before a tenant is known.
 */
function handle(service: Service, name: string, options: CallOptions, input: unknown, context: CallContext): unknown {
  const { call, id, version: asked, scope, requestId, traceparent } = context.getMessage();
  const { version = 1, answers = [] } = options;
  if (asked !== version && !answers.includes(asked)) throw unknownVersion(call, asked, [...answers, version]);
  if (!scope && !options.anonymous) throw noTenant(call);
  const flow: Flow = { requestId, traceparent, causation: id, signal: context.getSignal(), ...(scope && { scope }) };
  const tracing: SpanOptions = { kind: 'server', parent: traceparent };
  const label = `serve ${call}`;
  if (options.kind !== 'stream') return runInFlow(flow, () => span(label, {}, () => service[name]!(input) as Promise<unknown>, tracing));
  const source = { [Symbol.asyncIterator]: () => (service[name]!(input) as AsyncIterable<unknown>)[Symbol.asyncIterator]() };
  return pulledIn(flow, streamSpan(label, source, tracing));
}

function unknownVersion(call: string, asked: number, known: number[]): AppError {
  const text = `${call} was asked for as version ${asked}, and the running process answers ${known.join(' and ')}. Nothing was done. `
    + 'Deploy a context before its callers, and keep answering the version before for one release.';
  return new AppError('unavailable', 'kernel.unknown-version', text);
}

function noTenant(call: string): AppError {
  const text = `${call} was asked for without a tenant and was refused. This is a bug in Atoll; nothing was read.`;
  return new AppError('unauthenticated', 'kernel.call-without-tenant', text);
}
