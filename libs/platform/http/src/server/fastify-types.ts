import 'fastify';
import type { BodyLimits } from '../body/body-limits.js';
import type { RouteAccess } from '../routes/access.js';
import type { ProblemView } from '../problems/problem.js';
import type { RequestFlow } from '../request/request-flow.js';
import type { RouteStats } from '../traffic/route-stats.js';

/** What the edge hangs on Fastify's own objects. */
declare module 'fastify' {
  interface FastifyRequest {
    flow: RequestFlow;
  }
  interface FastifyContextConfig {
    atollAccess?: RouteAccess;
    /** What kind of work the route is, for quotas that count only that. */
    atollRateClass?: string;
    /** Names of the query parameters it reads; undefined: any. */
    queries?: string[];
    /** What a body may be, where it is not as everywhere. */
    bodyLimits?: Partial<BodyLimits>;
    problems?: ProblemView;
    /** Their media type. */
    problemsType?: string;
    stats?: RouteStats;
    /** Served by another process: name of the context it hosts. */
    forwardedTo?: string;
    /** Asked by probes every few seconds. */
    probe?: boolean;
  }
}
