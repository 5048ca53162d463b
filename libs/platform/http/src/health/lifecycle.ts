import { Injectable } from '@nestjs/common';

/** Whether this process is on its way out. Whoever takes up new work by itself stops when `leaving` aborts. */
@Injectable()
export class Lifecycle {
  private readonly controller = new AbortController();
  private announced = false;

  get leaving(): AbortSignal {
    return this.controller.signal;
  }

  /** True from the announcement on: readiness turns requests away, which are still served. */
  get draining(): boolean {
    return this.announced;
  }

  announce(): void {
    this.announced = true;
  }

  leave(): void {
    this.announce();
    this.controller.abort();
  }
}
