import type { FastifyContextConfig } from 'fastify';
import { routeConfig } from '../routes/route-config.js';
import type { HttpConfig } from '../config/http.config.js';

/** What a JSON body may be at most; checked before it is parsed. */
export interface BodyLimits {
  /** Of the text; ATOLL_BODY_LIMIT bounds it for every route. */
  bytes: number;
  /** Levels of objects and lists inside each other. */
  depth: number;
  /** Fields of objects and items of lists, all together. */
  members: number;
}

const BEFORE_SIGN_IN: BodyLimits = { bytes: 16_384, depth: 8, members: 200 };
const SIGNED_IN: BodyLimits = { bytes: 65_536, depth: 16, members: 1_000 };

/**
 * The route takes larger bodies than others do: 64 KiB with 1,000 members, before sign-in 16 KiB with 200. What it takes must not hold up
 * the event loop for 50 ms; apps/monolith/test/stall.spec.ts measures it.
 * @example `@Post() @Allow('search.faqs.write') @TakesBody({ bytes: 131_072 })`
 */
export function TakesBody(limits: Partial<BodyLimits>): MethodDecorator {
  return routeConfig({ bodyLimits: limits });
}

export function bodyLimitsOf({ atollAccess, bodyLimits }: FastifyContextConfig, http: HttpConfig): BodyLimits {
  const limits = { ...(atollAccess?.public ? BEFORE_SIGN_IN : SIGNED_IN), ...bodyLimits };
  return { ...limits, bytes: Math.min(limits.bytes, http.bodyLimit) };
}
