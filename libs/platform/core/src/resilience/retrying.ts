import { DelegateBackoff, handleWhen, type IRetryBackoffContext, retry } from 'cockatiel';

interface RetryPolicy {
  /** Times it is tried in all. */
  attempts: number;
  /** Milliseconds until the next try; `attempt` is the one that failed, counted from 1. */
  pauseMs: (attempt: number, error: unknown) => number;
  /** Whether another try may help; without it every error is worth one. */
  when?: (error: unknown) => boolean;
  /** Told of each failure that is followed by another try. */
  onRetry?: (error: unknown) => void;
}

/** What `work` gives, or its last error. For work that may be done twice: each try begins anew. */
export function retrying<T>({ attempts, pauseMs, when = () => true, onRetry }: RetryPolicy, work: () => Promise<T>): Promise<T> {
  const backoff = new DelegateBackoff(({ attempt, result }: IRetryBackoffContext<unknown>) => pauseMs(attempt, errorOf(result)));
  const policy = retry(handleWhen(when), { maxAttempts: attempts - 1, backoff });
  if (onRetry) policy.onRetry((failure) => onRetry(errorOf(failure)));
  return policy.execute(work);
}

function errorOf(result: object): unknown {
  return 'error' in result ? result.error : undefined;
}
