import { IsString, Length, MaxLength } from 'class-validator';
import { IsMailbox } from '../../organisation/email/address.js';
import { EmailTokenBody } from '../auth/auth.bodies.js';

export class AskResetBody {
  @IsMailbox()
  email: string;
}

export class ResetBody extends EmailTokenBody {
  /** At least 10 characters. */
  @IsString() @MaxLength(1_024)
  password: string;
}

export class ChangePasswordBody {
  @IsString() @Length(1, 1_024)
  currentPassword: string;

  /** At least 10 characters. */
  @IsString() @MaxLength(1_024)
  newPassword: string;
}
