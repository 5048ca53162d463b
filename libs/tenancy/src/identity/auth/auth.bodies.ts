import { IsBoolean, IsOptional, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { IsMailbox } from '../../organisation/email/address.js';

export class RegisterBody {
  @IsString() @Length(1, 120)
  tenantName: string;

  /** Your own name. */
  @IsString() @Length(1, 120)
  name: string;

  @IsMailbox()
  email: string;

  /** At least 10 characters. */
  @IsString() @MaxLength(1_024)
  password: string;

  /** Language tag such as en or de-AT. */
  @IsOptional() @IsString() @MaxLength(35)
  locale?: string;

  /** IANA name such as Europe/Vienna: in which days and months are counted. */
  @IsOptional() @IsString() @MaxLength(60)
  timeZone?: string;

  /** Of your second factor, if you are known and have one. */
  @IsOptional() @IsString() @Length(6, 20)
  code?: string;
}

export class SignInBody {
  @IsString() @Length(1, 254)
  email: string;

  @IsString() @Length(1, 1_024)
  password: string;

  /** Needed by those who belong to several tenants. */
  @IsOptional() @IsUUID()
  tenantId?: string;

  /** Of your second factor, if you have one: six digits, or a recovery code. */
  @IsOptional() @IsString() @Length(1, 20)
  code?: string;
}

export class RefreshBody {
  @IsString() @Length(1, 200)
  refreshToken: string;
}

export class SignOutBody {
  /** Ends every session of this person, on all devices and in all tenants. */
  @IsOptional() @IsBoolean()
  all?: boolean;
}

/** Of a link in an e-mail. */
export class EmailTokenBody {
  /** From the e-mail. */
  @IsString() @Length(1, 200)
  token: string;
}
