import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Env } from '#kernel';

export class TenancyConfig {
  @Env('ATOLL_REGISTRATION', { description: 'open: anybody may register a tenant over HTTP; closed: nobody may.' })
  @IsIn(['open', 'closed'])
  registration: 'open' | 'closed' = 'open';

  @Env('ATOLL_ACCESS_TOKEN_SECONDS', { description: 'How long an access token is valid. Revoking its session ends it within 5 seconds all the same.' })
  @IsInt() @Min(60) @Max(3_600)
  accessTokenSeconds: number = 600;

  @Env('ATOLL_SESSION_IDLE_DAYS', { description: 'Days without a refresh after which a session ends.' })
  @IsInt() @Min(1) @Max(365)
  sessionIdleDays: number = 30;

  @Env('ATOLL_SESSION_MAX_DAYS', { description: 'Days after which a session ends however often it was refreshed.' })
  @IsInt() @Min(1) @Max(730)
  sessionMaxDays: number = 90;

  @Env('ATOLL_SIGNING_KEY_DAYS', { description: 'Days after which the key that signs access tokens is replaced; the next one is published that long before.' })
  @IsInt() @Min(1) @Max(365)
  signingKeyDays: number = 30;
}
