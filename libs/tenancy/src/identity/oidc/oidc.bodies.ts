import { IsOptional, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { IsMailbox } from '../../organisation/email/address.js';

export class SignInOptionsBody {
  /** Of whom is about to sign in: only its domain counts. */
  @IsOptional() @IsMailbox()
  email?: string;
}

export class StartBody {
  /** `google`, `oidc`, or the id of an issuer of the tenant that is named beside it. */
  @IsString() @Length(1, 40)
  provider: string;

  /** The tenant whose issuer it is; none for an issuer of the deployment. */
  @IsOptional() @IsUUID()
  tenantId?: string;

  /** Where the browser goes afterwards: a path such as /chat, or an address at an allowed origin. */
  @IsOptional() @IsString() @MaxLength(2_000)
  returnTo?: string;

  /** An address the issuer may suggest. */
  @IsOptional() @IsMailbox()
  loginHint?: string;

  /** The token of an invitation, to accept it by signing in at the issuer. */
  @IsOptional() @IsString() @Length(1, 200)
  invitation?: string;
}

export class FinishBody {
  /** From the page's address, behind `#sign-in=`. */
  @IsString() @Length(1, 100)
  ticket: string;

  /** Of your second factor, if you have one. */
  @IsOptional() @IsString() @Length(6, 20)
  code?: string;

  /** Needed by those who belong to several tenants. */
  @IsOptional() @IsUUID()
  tenantId?: string;
}

export class ConnectBody {
  /** Id of an issuer of this tenant. */
  @IsUUID()
  provider: string;

  /** Yours: a stolen token connects nothing. */
  @IsString() @Length(1, 1_024)
  password: string;

  /** As in starting a sign-in. */
  @IsOptional() @IsString() @MaxLength(2_000)
  returnTo?: string;
}
