import { Injectable } from '@nestjs/common';
import { PasswordService } from './password.service.js';
import type { currentSession } from '../session/current-session.js';
import { isStrong } from '../session/session.entity.js';
import { SessionService } from '../session/session.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { SecondFactor } from '../totp/second-factor.service.js';
import { type NewAuthenticator, TotpService, wrongCode } from '../totp/totp.service.js';

export interface RecoveryCodes {
  /** Each works once in place of a code. Shown here and never again. */
  recoveryCodes: string[];
}

export interface FactorStatus {
  /** Whether the person has one. */
  active: boolean;
  /** Whether it was given when this session began. */
  given: boolean;
  /** Whether the tenant requires it: then a session where it was not given may only set one up. */
  required: boolean;
}

/** Whose session asks. */
type Session = ReturnType<typeof currentSession>;

interface Proof {
  password: string;
  code: string;
}

/** A person's own second factor. A stolen access token alone changes nothing of it: the password is asked again. */
@Injectable()
export class OwnFactorService {
  constructor(
    private readonly members: MemberService,
    private readonly passwords: PasswordService,
    private readonly totp: TotpService,
    private readonly factor: SecondFactor,
    private readonly sessions: SessionService,
    private readonly oneTime: OneTimeTokenService,
  ) {}

  async status({ userId, sessionId }: Session): Promise<FactorStatus> {
    return {
      active: await this.totp.active(await this.members.identityOf(userId)),
      given: isStrong(await this.sessions.methodsOf(sessionId)),
      required: (await this.factor.policy()).secondFactor === 'required',
    };
  }

  async begin({ sessionId }: Session, password: string, ip: string): Promise<NewAuthenticator> {
    const { id, email } = await this.passwords.prove(await this.sessions.personOf(sessionId), password, ip);
    return this.totp.begin(id, email);
  }

  /** From here on each sign-in asks for a code; the session that did this has given one. */
  async confirm({ sessionId }: Session, code: string): Promise<RecoveryCodes> {
    const identityId = await this.sessions.personOf(sessionId);
    const recoveryCodes = await this.totp.confirm(identityId, code);
    if (!recoveryCodes) throw wrongCode('forbidden');
    await this.oneTime.endOf(identityId);
    await this.sessions.addMethod(sessionId, 'otp');
    return { recoveryCodes };
  }

  async renew(session: Session, proof: Proof, ip: string): Promise<RecoveryCodes> {
    return { recoveryCodes: await this.totp.newRecoveryCodes(await this.prove(session, proof, ip)) };
  }

  async remove(session: Session, proof: Proof, ip: string): Promise<void> {
    await this.totp.remove(await this.prove(session, proof, ip));
  }

  /** Before a change of the factor. Password and code count as one attempt: with the password alone nobody may guess codes without end. */
  private async prove({ sessionId }: Session, { password, code }: Proof, ip: string): Promise<string> {
    const identityId = await this.sessions.personOf(sessionId);
    await this.passwords.prove(identityId, password, ip, async () => {
      if (!(await this.totp.use(identityId, code))) throw wrongCode('forbidden');
    });
    await this.oneTime.endOf(identityId);
    return identityId;
  }
}
