import { Injectable } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { perRequest } from '../auth/password.guard.js';
import { browserOf } from './browser.js';
import { FlowService } from './flow.service.js';
import { IssuerClient } from './issuer-client.js';
import { ProviderService } from './provider.service.js';
import { flowRefused, unknownProvider } from './refusals.js';

/** A sign-in that came back and is kept: where the browser goes, and with which ticket. */
export interface Returned {
  returnTo: string;
  ticket: string;
}

type Verify = (request: FastifyRequest, done: (error: Error | null, returned?: Returned) => void) => void;

/** Passport's shape for an answer that comes in the query of a callback. */
class CallbackStrategy extends passport.Strategy {
  override name = 'oidc';

  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: unknown): void {
    this.verify(request as FastifyRequest, (error, returned) => {
      if (error || !returned) this.error(error ?? flowRefused());
      else this.success(returned as never);
    });
  }
}

const STATE = /^[A-Za-z0-9_-]{43}$/;
const MOST_QUERY = 8_192;

/** Proves who somebody is by the answer of an issuer. Nobody is signed in yet: that is the page's next request, from the same browser. */
@Injectable()
export class OidcStrategy extends PassportStrategy(CallbackStrategy as unknown as new (...args: unknown[]) => CallbackStrategy, 'oidc') {
  constructor(
    private readonly flows: FlowService,
    private readonly providers: ProviderService,
    private readonly issuers: IssuerClient,
  ) {
    super();
  }

  /** What fails once the flow is known is told on the page it returns to. */
  async validate(request: FastifyRequest): Promise<Returned> {
    const query = request.url.slice(request.url.indexOf('?') + 1);
    const state = new URLSearchParams(query).getAll('state');
    const browser = browserOf(request, this.issuers.base);
    if (state.length !== 1 || !STATE.test(state[0]!) || !browser || query.length > MOST_QUERY) throw flowRefused();
    const flow = await this.flows.take(state[0]!, browser);
    const outcome = await this.prove(flow, query).then((proof) => ({ proof }), (error: unknown) => ({ error }));
    return { returnTo: flow.returnTo, ticket: await this.flows.keep(flow, outcome) };
  }

  private async prove({ provider: key, tenant, secrets }: Awaited<ReturnType<FlowService['take']>>, query: string) {
    const provider = await this.providers.usable(key, tenant);
    if (!provider) throw unknownProvider();
    return this.issuers.redeem(provider, query, secrets);
  }
}

@Injectable()
export class OidcGuard extends AuthGuard() {
  constructor(strategy: OidcStrategy) {
    super(perRequest(strategy));
  }

  override handleRequest<User = Returned>(error: Error | null, returned: User | false): User {
    if (error || !returned) throw error ?? flowRefused();
    return returned;
  }
}
