import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, Length, MaxLength, ValidateIf } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { IssuerClient } from './issuer-client.js';
import { GOOGLE_ISSUER } from './provider.js';
import { ProviderService, type ProviderView } from './provider.service.js';
import { badIssuer } from './refusals.js';

export class ProviderChangeBody {
  /** What people choose it by. */
  @IsOptional() @IsString() @Length(1, 60)
  name?: string;

  @IsOptional() @IsString() @Length(1, 300)
  clientId?: string;

  /** Kept sealed and never shown; null for a public client. */
  @IsOptional() @ValidateIf((_, value) => value !== null) @IsString() @Length(1, 1_000)
  clientSecret?: string | null;

  /** Its e-mail addresses count as verified although it does not say so (Entra ID): only where your own administrators alone set them. */
  @IsOptional() @IsBoolean()
  trustsEmail?: boolean;

  /** A second factor that it saw (`amr`) counts as one here. */
  @IsOptional() @IsBoolean()
  trustsFactor?: boolean;

  /** Switched off, everybody who came in through it is signed out. */
  @IsOptional() @IsBoolean()
  enabled?: boolean;
}

export class NewProviderBody extends ProviderChangeBody {
  @IsString() @Length(1, 60)
  declare name: string;

  @IsString() @Length(1, 300)
  declare clientId: string;

  /** `google` sets the issuer. */
  @IsOptional() @IsIn(['google'])
  preset?: 'google';

  /** Its https address, as its discovery document has it. It cannot be changed afterwards. */
  @IsOptional() @IsString() @MaxLength(500)
  issuer?: string;
}

/** What the issuer needs to know of us. */
export interface ProviderSetUp {
  /** To be registered with the client at the issuer. */
  redirectUri: string;
  items: ProviderView[];
}

@ApiTags('sign-in at issuers')
@Controller('v1/identity-providers')
export class ProviderController {
  constructor(
    private readonly providers: ProviderService,
    private readonly issuers: IssuerClient,
  ) {}

  @Get()
  @Allow('tenancy.tenant.read')
  async list(): Promise<ProviderSetUp> {
    return { redirectUri: this.issuers.redirectUri, items: await this.providers.list() };
  }

  @Get(':id')
  @Allow('tenancy.tenant.read')
  get(@Param('id', new IdParam('identity provider')) id: string): Promise<ProviderView> {
    return this.providers.get(id);
  }

  /** Sets up an OpenID Connect issuer of this tenant, if it answers as one. It opens this tenant only. */
  @Post()
  @Allow('tenancy.tenant.write')
  @Unaudited('ProviderService.create audits it')
  async create(@Body() { preset, ...body }: NewProviderBody): Promise<ProviderView> {
    const issuer = preset === 'google' ? GOOGLE_ISSUER : body.issuer;
    if (issuer === undefined) throw badIssuer('is missing; give it, or the preset google');
    this.issuers.assertNameable(issuer);
    await this.issuers.check(this.providers.draft({ ...body, issuer }));
    return this.providers.create({ ...body, issuer });
  }

  @Patch(':id')
  @Allow('tenancy.tenant.write')
  @Unaudited('ProviderService.change audits it')
  change(@Param('id', new IdParam('identity provider')) id: string, @Body() body: ProviderChangeBody): Promise<ProviderView> {
    return this.providers.change(id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.tenant.write')
  @Unaudited('ProviderService.remove audits it')
  remove(@Param('id', new IdParam('identity provider')) id: string): Promise<void> {
    return this.providers.remove(id);
  }
}
