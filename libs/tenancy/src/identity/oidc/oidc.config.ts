import { IsBoolean, IsOptional, IsString, Length, Matches, MaxLength, Validate, type ValidationArguments, ValidatorConstraint,
  type ValidatorConstraintInterface } from 'class-validator';
import { Env } from '#platform/core';

const ORIGIN = /^https?:\/\/[^/\s?#@]+$/;

/** An http or https address that names nobody and points into nothing; undefined for all else that may stand where one should. */
export function webAddress(text: unknown): URL | undefined {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '' ? url : undefined;
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

@ValidatorConstraint({ name: 'issuer' })
class IsIssuer implements ValidatorConstraintInterface {
  validate(issuer: unknown, { object }: ValidationArguments): boolean {
    const url = webAddress(issuer);
    return url !== undefined && url.search === '' &&
      (url.protocol === 'https:' || isLoopback(url) || (object as OidcConfig).privateIssuers.includes(url.origin));
  }

  defaultMessage(): string {
    return 'must be an https address without a query; http only on this machine, or where ATOLL_OIDC_PRIVATE_ISSUERS names its origin';
  }
}

/** Sign-in at issuers of the deployment, and what all sign-in at issuers keeps to. */
export class OidcConfig {
  @Env('ATOLL_GOOGLE_CLIENT_ID', { description: 'OAuth client at Google: everybody may then sign in with a Google account that a tenant ' +
    'expects. Its redirect address is ATOLL_PUBLIC_URL/v1/auth/oidc/callback.' })
  @IsOptional() @IsString() @MaxLength(300)
  googleClientId?: string;

  @Env('ATOLL_GOOGLE_CLIENT_SECRET', { description: 'Secret of that client.', secret: true })
  @IsOptional() @IsString() @MaxLength(1_000)
  googleClientSecret?: string;

  @Env('ATOLL_OIDC_ISSUER', { description: 'OpenID Connect issuer at which everybody of the deployment may sign in; its discovery ' +
    'document tells the rest. http only on this machine outside production, or where ATOLL_OIDC_PRIVATE_ISSUERS names its origin.' })
  @IsOptional() @Validate(IsIssuer)
  issuer?: string;

  @Env('ATOLL_OIDC_CLIENT_ID', { description: 'Client at ATOLL_OIDC_ISSUER.' })
  @IsOptional() @IsString() @MaxLength(300)
  clientId?: string;

  @Env('ATOLL_OIDC_CLIENT_SECRET', { description: 'Secret of that client; none for a public client.', secret: true })
  @IsOptional() @IsString() @MaxLength(1_000)
  clientSecret?: string;

  @Env('ATOLL_OIDC_NAME', { description: 'What ATOLL_OIDC_ISSUER is called where people choose how to sign in.' })
  @IsString() @Length(1, 60)
  name: string = 'Company account';

  @Env('ATOLL_OIDC_TRUSTS_FACTOR',
    { description: 'Whether a second factor that ATOLL_OIDC_ISSUER says it saw (amr: mfa, otp, hwk …) counts as one here.' })
  @IsBoolean()
  trustsFactor: boolean = false;

  @Env('ATOLL_OIDC_PRIVATE_ISSUERS', { description: 'Origins (https://id.corp.internal) of issuers inside a private network that ' +
    'tenants may name as theirs, comma-separated; with http:// they and the endpoints they name need no TLS. None: only issuers on the ' +
    'public internet, by https.' })
  @Matches(ORIGIN, { each: true, message: 'privateIssuers must be a list of origins (https://id.corp.internal, without a path)' })
  privateIssuers: string[] = [];

  @Env('ATOLL_SIGN_IN_ORIGINS',
    { description: 'Origins of web pages, beside ATOLL_PUBLIC_URL, to which a sign-in at an issuer may return, comma-separated.' })
  @Matches(ORIGIN, { each: true, message: 'returnOrigins must be a list of origins (https://app.example, without a path)' })
  returnOrigins: string[] = [];
}
