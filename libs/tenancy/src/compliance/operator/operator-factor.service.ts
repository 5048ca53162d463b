import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { currentPrincipal } from '#platform/http';
import { conclude } from '../../identity/auth/conclude.js';
import type { RecoveryCodes } from '../../identity/account/own-factor.service.js';
import { type NewAuthenticator, wrongCode } from '../../identity/totp/totp.service.js';
import { OperatorSessions } from './operator-session.service.js';
import { OperatorTotp } from './operator-totp.service.js';
import { OperatorService } from './operator.service.js';

/** The second factor of the operator who asks. A stolen token alone changes nothing of it: the password is asked again. */
@Injectable()
export class OperatorFactor {
  constructor(
    private readonly operators: OperatorService,
    private readonly sessions: OperatorSessions,
    private readonly totp: OperatorTotp,
  ) {}

  async begin(password: string, ip: string): Promise<NewAuthenticator> {
    const { email } = await this.operators.get(current().actor.id);
    return this.operators.prove({ email, password }, ip, wrongPassword, (id) => this.totp.begin(id, email));
  }

  /** From here on each sign-in asks for a code; the session that did this has given one. */
  async confirm(code: string, ip: string): Promise<RecoveryCodes> {
    const recoveryCodes = await this.counted(ip, async (id) => {
      const codes = await this.totp.confirm(id, code);
      if (!codes) throw wrongCode('forbidden');
      return codes;
    });
    await this.sessions.prove(currentPrincipal().credentialId);
    return { recoveryCodes };
  }

  /** Right before something grave, whatever was given when the session began. */
  demand(code: string, ip: string): Promise<void> {
    return this.counted(ip, (id) => this.use(id, code));
  }

  async renew(proof: { password: string; code: string }, ip: string): Promise<RecoveryCodes> {
    return { recoveryCodes: await this.totp.newRecoveryCodes(await this.prove(proof, ip)) };
  }

  async remove(proof: { password: string; code: string }, ip: string): Promise<void> {
    const id = await this.prove(proof, ip);
    await this.totp.remove(id);
    await this.sessions.unprove(id);
  }

  /** Password and code count as one attempt: with the password alone nobody may guess codes without end. */
  private async prove({ password, code }: { password: string; code: string }, ip: string): Promise<string> {
    const { id, email } = await this.operators.get(current().actor.id);
    await this.operators.prove({ email, password }, ip, wrongPassword, () => this.use(id, code));
    return id;
  }

  private async use(id: string, code: string): Promise<void> {
    if (!(await this.totp.use(id, code))) throw wrongCode('forbidden');
  }

  private async counted<T>(ip: string, proof: (id: string) => Promise<T>): Promise<T> {
    const { id, email } = await this.operators.get(current().actor.id);
    return conclude(await this.operators.attempt(email, ip), () => proof(id));
  }
}

function wrongPassword(): AppError {
  return new AppError('forbidden', 'tenancy.wrong-password',
    'This is not your present password, so nothing was changed. Check it and try again.');
}
