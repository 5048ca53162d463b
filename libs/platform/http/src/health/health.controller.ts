import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';
import { AppError, logger, withDeadline } from '#platform/core';
import { Public } from '../routes/access.js';
import { Lifecycle } from './lifecycle.js';
import { Readiness, type ReadinessCheck } from './readiness.js';

const log = logger('health');

/** A check that hangs is a check that failed: probes time out after a few seconds themselves. */
const CHECK_MS = 3_000;

/** For probes: live says that the process runs its event loop, ready that it may be given requests. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Answers 200 as long as the process answers at all. Restart it when it does not. */
  @Get('live')
  @Public()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * 200 when every part answers that requests need, `degraded` where another does not; 503 with the parts that do not, and while the
   * process drains.
   */
  @Get('ready')
  @Public()
  async ready(): Promise<object> {
    if (this.lifecycle.draining) throw notReady('This process is draining: it finishes what it has and takes nothing new.', {});
    try {
      const { details } = await this.health.check(this.readiness.all().map(([name, check]) => this.indicator(name, check)));
      return { status: Object.values(details).some((check) => check['degraded'] === true) ? 'degraded' : 'ok', checks: details };
    } catch (error) {
      const result = (error as { getResponse?: () => { details?: object } }).getResponse?.();
      throw notReady('A part this process needs does not answer. "checks" says which; the log says why.', result?.details ?? {});
    }
  }

  /** What each check said last; only a change is worth a line, however often probes come. */
  private readonly failing = new Map<string, string>();

  private indicator(name: string, check: ReadinessCheck): HealthIndicatorFunction {
    return async () => {
      const indicator = this.indicators.check(name);
      try {
        const facts = (await withDeadline(check(), CHECK_MS, checkHangs)) ?? {};
        if (this.failing.delete(name)) log.info({ check: name }, 'ready again');
        return indicator.up(facts);
      } catch (error) {
        this.tell(name, error);
        return indicator.down();
      }
    };
  }

  private tell(check: string, error: unknown): void {
    const expected = error instanceof AppError;
    const why = expected ? error.message : String(error);
    if (this.failing.get(check) === why) return;
    this.failing.set(check, why);
    log.warn({ check, ...(expected ? { reason: error.reason } : { error }) }, `not ready: ${why}`);
  }
}

function checkHangs(): AppError {
  return new AppError('deadline', 'kernel.check-hangs', `no answer within ${CHECK_MS} ms`);
}

function notReady(message: string, checks: object): AppError {
  return new AppError('unavailable', 'kernel.not-ready', message, { checks });
}
