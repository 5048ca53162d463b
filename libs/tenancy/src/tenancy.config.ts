import { IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

export class TenancyConfig {
  @Env('ATOLL_REGISTRATION', { description: 'open: anybody may register a tenant over HTTP; closed: nobody may.' })
  @IsIn(['open', 'closed'])
  registration: 'open' | 'closed' = 'open';

  @Env('ATOLL_EMAIL_VERIFICATION', {
    description: 'Whether an address is proven by an e-mail before an account is made of it. required: yes; off: no, and registering ' +
      'says whether an address is known; auto: required with ATOLL_SMTP_URL and in production, off otherwise.',
  })
  @IsIn(['auto', 'required', 'off'])
  emailVerification: 'auto' | 'required' | 'off' = 'auto';

  @Env('ATOLL_BREACHED_PASSWORDS_URL', { description: 'Range service of leaked passwords (https://api.pwnedpasswords.com/range) that ' +
    'new passwords are held against. It is sent five characters of a hash, never a password. None: the built-in list alone.' })
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true, protocols: ['https', 'http'] })
  breachedPasswordsUrl?: string;

  @Env('ATOLL_INVITATION_DAYS', { description: 'Days within which an invitation can be accepted.' })
  @IsInt() @Min(1) @Max(90)
  invitationDays: number = 7;

  @Env('ATOLL_ACCESS_TOKEN_SECONDS',
    { description: 'How long an access token is valid. Revoking its session ends it within 5 seconds all the same.' })
  @IsInt() @Min(60) @Max(3_600)
  accessTokenSeconds: number = 600;

  @Env('ATOLL_SESSION_IDLE_DAYS', { description: 'Days without a refresh after which a session ends.' })
  @IsInt() @Min(1) @Max(365)
  sessionIdleDays: number = 30;

  @Env('ATOLL_SESSION_MAX_DAYS', { description: 'Days after which a session ends however often it was refreshed.' })
  @IsInt() @Min(1) @Max(730)
  sessionMaxDays: number = 90;

  @Env('ATOLL_SESSIONS_OF_ONE', { description: 'Sessions that one member has in a tenant at most; with one more the one that was used ' +
    'least lately ends.' })
  @IsInt() @Min(1) @Max(10_000)
  sessionsOfOne: number = 50;

  @Env('ATOLL_SIGNING_KEY_DAYS',
    { description: 'Days after which the key that signs access tokens is replaced; the next one is published that long before.' })
  @IsInt() @Min(1) @Max(365)
  signingKeyDays: number = 30;

  @Env('ATOLL_ARCHIVE_DAYS', { description: 'Days for which an exported archive can be fetched; then it is deleted.' })
  @IsInt() @Min(1) @Max(365)
  archiveDays: number = 7;

  @Env('ATOLL_ARCHIVE_GIGABYTES', { description: 'Largest archive that is imported, unpacked.' })
  @IsInt() @Min(1) @Max(100_000)
  archiveGigabytes: number = 50;

  @Env('ATOLL_ERASURE_GRACE_DAYS', { description: 'Days for which an owner may take the deletion of a tenant back. Nobody can use the ' +
    'tenant meanwhile; then everything of it is erased.' })
  @IsInt() @Min(0) @Max(365)
  erasureGraceDays: number = 30;

  @Env('ATOLL_RETENTION_CONVERSATION_DAYS',
    { description: 'Days for which conversations after their last message are kept in every tenant; a tenant may set fewer. 0: for good.' })
  @IsInt() @Min(0) @Max(36_500)
  retentionConversationDays: number = 0;

  @Env('ATOLL_RETENTION_RUN_DAYS',
    { description: 'Days for which answers, their logs and judgements are kept in every tenant; a tenant may set fewer. 0: for good.' })
  @IsInt() @Min(0) @Max(36_500)
  retentionRunDays: number = 0;

  @Env('ATOLL_RETENTION_USAGE_DAYS',
    { description: 'Days for which what each answer cost are kept in every tenant; a tenant may set fewer. 0: for good.' })
  @IsInt() @Min(0) @Max(36_500)
  retentionUsageDays: number = 0;

  @Env('ATOLL_RETENTION_ANALYTICS_DAYS',
    { description: 'Days for which analytics: events and counts by day are kept in every tenant; a tenant may set fewer. 0: for good.' })
  @IsInt() @Min(0) @Max(36_500)
  retentionAnalyticsDays: number = 0;

  @Env('ATOLL_PLAN_QUOTAS', { description: 'Requests a minute by plan, comma-separated: <plan or *>.<what>=<number>, where what is user ' +
    '(one member, all sessions and keys), tenant, answers (routes that a model is paid for) or uploads. Beside ATOLL_RATE_PER_MINUTE, ' +
      'which is of one credential. As in *.user=1200,free.answers=60,pro.answers=600.' })
  @Matches(/^(\*|[a-z][a-z0-9-]{0,40})\.(user|tenant|answers|uploads)=\d{1,7}$/,
    { each: true, message: 'planQuotas must be a list like *.user=1200,free.answers=60; what is counted is user, tenant, answers or ' +
      'uploads' })
  planQuotas: string[] = [];

  @Env('ATOLL_TENANT_LIMITS', { description: 'How many of something one tenant may have, comma-separated: <what>=<number>, where what is ' +
    'members (10000), invitations that are open (500), teams (500), groups of its directory (2000), roles (100), keys (1000), accounts ' +
    'of services (200), widgets (100), issuers (10), domains (200) or webhooks (5). As in keys=200,widgets=0.' })
  @Matches(/^(members|invitations|teams|groups|roles|keys|accounts|widgets|issuers|domains|webhooks)=\d{1,7}$/,
    { each: true, message: 'tenantLimits must be a list like keys=200,members=500 of what docs/configuration.md names' })
  tenantLimits: string[] = [];

  @Env('ATOLL_WEBHOOK_PRIVATE_ORIGINS', { description: 'Origins (https://siem.corp.internal, http://127.0.0.1:9000) inside a private ' +
    'network to which tenants may have their audit log sent, comma-separated. None: only addresses on the public internet, by https.' })
  @Matches(/^https?:\/\/[^/\s?#@]+$/,
    { each: true, message: 'webhookPrivateOrigins must be a list of origins (https://siem.corp.internal, without a path)' })
  webhookPrivateOrigins: string[] = [];

  @Env('ATOLL_DNS_SERVERS', {
    description: 'DNS servers (address or address:port) that are asked for the TXT records by which tenants prove their domains, ' +
      'comma-separated. None: those of the machine.',
  })
  @IsString({ each: true })
  dnsServers: string[] = [];
}
