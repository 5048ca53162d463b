import { IsEmail, IsString, Length, MaxLength } from 'class-validator';

export class AskResetBody {
  @IsEmail() @MaxLength(254)
  email: string;
}

export class ResetBody {
  /** From the letter. */
  @IsString() @Length(1, 200)
  token: string;

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
