import { BaseRpcContext } from '@nestjs/microservices';
import type { CallMessage } from './call-message.js';

/** What a handler is given beside its input, and what Nest's guards, interceptors and hooks see of a call. */
export class CallContext extends BaseRpcContext<[message: CallMessage, signal: AbortSignal]> {
  getPattern(): string {
    return this.args[0].call;
  }

  getMessage(): CallMessage {
    return this.args[0];
  }

  /** Aborted when the caller left or the deadline passed. */
  getSignal(): AbortSignal {
    return this.args[1];
  }
}
