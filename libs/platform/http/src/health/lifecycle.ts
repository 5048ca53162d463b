import { Injectable } from '@nestjs/common';

/** Whether this process is on its way out. Whoever takes up new work by itself stops when `leaving` aborts. */
@Injectable()
export class Lifecycle {
  private readonly controller = new AbortController();

  get leaving(): AbortSignal {
    return this.controller.signal;
  }

  get draining(): boolean {
    return this.controller.signal.aborted;
  }

  leave(): void {
    this.controller.abort();
  }
}
