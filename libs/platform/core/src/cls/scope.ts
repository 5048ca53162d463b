import { ClsServiceManager } from 'nestjs-cls';
import { AppError } from '../errors/app-error.js';

/**
 * Who acts: a user, the tenant's own key, a service account, a visitor of a widget, an operator of the deployment, or the house itself
 * (`service`). `id` is their own id; roles, permissions and all else are as of the credential's verification.
 */
export interface Actor {
  kind: 'user' | 'key' | 'account' | 'visitor' | 'operator' | 'service';
  id: string;
  roles: string[];
  /** Permission names of the routes' @Allow (`search.read`); `*` stands for all. */
  permissions: string[];
  /** The API key that speaks for a user or a service account. */
  key?: string;
  /** The one agent a visitor may talk with. */
  agentId?: string;
  /** Teams a user is in: grants to a team are theirs. */
  teams?: string[];
}

/** Whose work this is. The tenant comes from a verified credential or a signed envelope, never from a header, path or body. */
export interface Scope {
  tenantId: string;
  actor: Actor;
}

/**
 * What travels with one request, job, event or call through AsyncLocalStorage. Mutable on purpose: the HTTP hook opens the
 * flow before the guard knows the tenant, and `bindScope` fills it in once.
 */
export interface Flow {
  requestId: string;
  /** W3C trace context of this flow (https://www.w3.org/TR/trace-context/). */
  traceparent: string;
  /** Id of the message (event, job, call) this flow handles, if any: becomes the `causation` of what it publishes. */
  causation?: string;
  scope?: Scope;
  /** The open transaction or system work; owned by the database room, nobody else touches it. */
  work?: unknown;
  /** Aborted when the caller left or the deadline passed. */
  signal?: AbortSignal;
  /**
   * Of a request under an Idempotency-Key: keeps its answer with a statement of the transaction that makes its effect, so that neither is
   * there without the other. Rejects where somebody else has taken the key over meanwhile.
   */
  keepAnswer?: (query: (sql: string, params: unknown[]) => Promise<unknown[]>, answer: unknown) => Promise<void>;
  /** Of such a request: the id of what it makes, the same one when it is repeated. */
  effectId?: string;
}

interface FlowStore {
  flow?: Flow;
  [key: symbol]: unknown;
}

const cls = ClsServiceManager.getClsService();

/** Runs `work` inside `flow`. Setters are the HTTP hook, the job runner, the dispatcher, the RPC controller and tests: nobody else. */
export function runInFlow<T>(flow: Flow, work: () => T): T {
  return cls.runWith({ flow } as never, work);
}

export function currentFlow(): Flow | undefined {
  return (cls.isActive() ? (cls.get() as FlowStore) : undefined)?.flow;
}

/** Fills in whose work the current flow is, once. A second, different tenant is a bug and throws. */
export function bindScope(scope: Scope): void {
  const flow = currentFlow();
  if (!flow) throw noFlow();
  if (flow.scope && flow.scope.tenantId !== scope.tenantId) {
    throw new AppError('internal', 'kernel.scope-changed',
      'One flow of work belongs to one tenant; something tried to change it on the way. This is a bug in Atoll.');
  }
  flow.scope = scope;
}

/** The tenant and actor of the running work; throws outside one. */
export function current(): Scope {
  const scope = currentFlow()?.scope;
  if (!scope) throw noScope();
  return scope;
}

function noFlow(): AppError {
  return new AppError('internal', 'kernel.no-flow', 'This code ran outside a request, job, event or call. This is a bug in Atoll.');
}

function noScope(): AppError {
  return new AppError('internal', 'kernel.no-tenant',
    'This code needs a tenant and ran without one. This is a bug in Atoll; no data was read.');
}
