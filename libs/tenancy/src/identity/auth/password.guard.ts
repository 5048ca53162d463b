import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard, type IAuthModuleOptions, PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-local';
import { AppError } from '#platform/core';
import { plausiblePassword } from '../password/policy.js';
import { type Proven, SignInService, signInFailed } from './sign-in.service.js';

/** E-mail and password of a sign-in body. */
@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy, 'local') {
  constructor(private readonly signIn: SignInService) {
    super({ usernameField: 'email', passwordField: 'password', passReqToCallback: true, session: false });
  }

  validate(request: FastifyRequest, email: string, password: string): Promise<Proven> {
    const { code } = request.body as { code?: string };
    return this.signIn.prove({ email, password, code }, request.ip);
  }
}

/**
 * Options of a guard for this one strategy. As an object, since by name passport takes the last one made in the process, which in tests
 * may belong to another application; and as a fresh object for each request, since passport writes the request's callbacks onto it:
 * shared, parallel sign-ins would answer each other.
 */
export function perRequest(strategy: object): IAuthModuleOptions {
  return {
    session: false,
    get defaultStrategy() {
      return Object.create(strategy) as never;
    },
  };
}

/** Lets a request pass whose body proves who it is, and leaves the person in `request.user`. */
@Injectable()
export class PasswordGuard extends AuthGuard() {
  constructor(strategy: PasswordStrategy) {
    super(perRequest(strategy));
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    // Passport also looks into the query string, where a password would end in logs; and it would pass on whatever type the body holds.
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    const { email, password, code } = (body ?? {}) as { email?: unknown; password?: unknown; code?: unknown };
    if (typeof email !== 'string' || email.length > 254 || !plausiblePassword(password) ||
      !(code === undefined || (typeof code === 'string' && code.length <= 20))) throw incomplete();
    return super.canActivate(context) as Promise<boolean>;
  }

  override handleRequest<User = Proven>(error: Error | null, person: User | false): User {
    if (error) throw error;
    if (!person) throw signInFailed();
    return person;
  }
}

function incomplete(): AppError {
  return new AppError('invalid', 'tenancy.sign-in-incomplete',
    'A sign-in is a JSON body with the texts "email" and "password" (and "tenantId" for those with several tenants, "code" for those ' +
      'with a second factor). Send both.');
}
