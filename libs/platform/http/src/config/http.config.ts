import { IsBoolean, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** Limits and manners of the HTTP edge. */
export class HttpConfig {
  @Env('ATOLL_BODY_LIMIT', { description: 'Largest JSON request body, in bytes. Uploads have a limit of their own.' })
  @IsInt() @Min(1_024) @Max(100_000_000)
  bodyLimit: number = 1_048_576;

  @Env('ATOLL_UPLOAD_LIMIT', { description: 'Largest uploaded file, in bytes.' })
  @IsInt() @Min(1_024)
  uploadLimit: number = 26_214_400;

  @Env('ATOLL_REQUEST_TIMEOUT_SECONDS',
    { description: 'How long a client may take to send a whole request. Answers and streams are not limited by it.' })
  @IsInt() @Min(5) @Max(3_600)
  requestTimeoutSeconds: number = 120;

  @Env('ATOLL_RATE_PER_MINUTE', { description: 'Requests a minute of one credential, at once or evenly. 0 means no limit. Counted over ' +
    'all processes with REDIS_URL, else in each.' })
  @IsInt() @Min(0)
  ratePerMinute: number = 6_000;

  @Env('ATOLL_PUBLIC_RATE_PER_MINUTE',
    { description: 'Requests a minute of one address to routes that need no sign-in, and failed sign-ins. 0 means no limit.' })
  @IsInt() @Min(0)
  publicRatePerMinute: number = 300;

  @Env('ATOLL_TRUST_PROXY', { description: 'Addresses or networks of reverse proxies whose X-Forwarded-* headers are believed, ' +
    'comma-separated (10.0.0.0/8). None: the socket counts.' })
  @Matches(/^(loopback|linklocal|uniquelocal|[0-9a-f.:]+(\/\d{1,3})?)$/i,
    { each: true, message: 'trustProxy must be a list of addresses or networks (10.0.0.0/8), or loopback, linklocal, uniquelocal' })
  trustProxy: string[] = [];

  @Env('ATOLL_FORWARD_TIMEOUT_SECONDS', { description: 'How long a process that hosts a context may take to begin its answer to a ' +
    'request that was forwarded to it (ATOLL_URL_<CONTEXT>).' })
  @IsInt() @Min(1) @Max(3_600)
  forwardTimeoutSeconds: number = 300;

  @Env('ATOLL_CORS_ORIGINS',
    { description: 'Origins of web pages that may call the API from a browser, comma-separated; * for any. None: CORS is off.' })
  @Matches(/^(\*|https?:\/\/[^/\s]+)$/,
    { each: true, message: 'corsOrigins must be a list of origins (https://app.example, without a path), or *' })
  corsOrigins: string[] = [];

  @Env('ATOLL_ACCESS_LOG', { description: 'One log line for each request (true), or only for refused, failed and slow ones (false).' })
  @IsBoolean()
  accessLog: boolean = true;

  @Env('ATOLL_DOCS', { description: 'Serves /docs and /openapi.json to everybody.', defaultText: 'true outside production' })
  @IsOptional() @IsBoolean()
  docs?: boolean;
}
