import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow, IdParam } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { AdmissionService, type AdmissionView } from './admission.service.js';

@ApiTags('audit')
@Controller('v1/operator-admissions')
export class AdmissionController {
  constructor(private readonly admissions: AdmissionService) {}

  /** When, why and how long operators of the deployment could read this tenant's data, newest first. */
  @Get()
  @Allow('tenancy.audit.read')
  list(@Query() page: PageQuery): Promise<Page<AdmissionView>> {
    return this.admissions.list(page);
  }

  /** Ends one before its time, within 5 seconds. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.tenant.write')
  @Unaudited('AdmissionService.end audits it')
  end(@Param('id', new IdParam('admission')) id: string): Promise<void> {
    return this.admissions.end(id);
  }
}
