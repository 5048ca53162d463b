import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, ValidateIf } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { DomainService, type DomainView, type JoinsAs } from './domain.service.js';

export class DomainChangeBody {
  /** What people of this domain become who sign in for the first time; null: they need an invitation. */
  @ValidateIf((_, value) => value !== null) @IsIn(['member', 'viewer'])
  joinsAs: JoinsAs;
}

export class NewDomainBody {
  /** Such as `example.org`. */
  @IsString() @Length(3, 253)
  domain: string;

  /** What its people become who sign in for the first time, `member` unless told otherwise; null: they need an invitation. */
  @IsOptional() @ValidateIf((_, value) => value !== null) @IsIn(['member', 'viewer'])
  joinsAs?: JoinsAs;
}

@ApiTags('domains')
@Controller('v1/domains')
export class DomainController {
  constructor(private readonly domains: DomainService) {}

  /** E-mail domains of this tenant, with the DNS record that proves each. */
  @Get()
  @Allow('tenancy.tenant.read')
  async list(): Promise<{ items: DomainView[] }> {
    return { items: await this.domains.list() };
  }

  @Get(':id')
  @Allow('tenancy.tenant.read')
  get(@Param('id', new IdParam('domain')) id: string): Promise<DomainView> {
    return this.domains.get(id);
  }

  /** Notes a domain. It counts once it is proven. */
  @Post()
  @Allow('tenancy.tenant.write')
  @Unaudited('DomainService.claim audits it')
  claim(@Body() { domain, joinsAs = 'member' }: NewDomainBody): Promise<DomainView> {
    return this.domains.claim({ domain, joinsAs });
  }

  @Patch(':id')
  @Allow('tenancy.tenant.write')
  @Unaudited('DomainService.change audits it')
  change(@Param('id', new IdParam('domain')) id: string, @Body() { joinsAs }: DomainChangeBody): Promise<DomainView> {
    return this.domains.change(id, joinsAs);
  }

  /** Looks for the record in the DNS. From then on people with a confirmed address of the domain belong here. */
  @Post(':id/verify')
  @HttpCode(200)
  @Allow('tenancy.tenant.write')
  @Unaudited('DomainService.prove audits it')
  async verify(@Param('id', new IdParam('domain')) id: string): Promise<DomainView> {
    await this.domains.assertRecord(id);
    return this.domains.prove(id, 'dns');
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.tenant.write')
  @Unaudited('DomainService.remove audits it')
  remove(@Param('id', new IdParam('domain')) id: string): Promise<void> {
    return this.domains.remove(id);
  }
}
