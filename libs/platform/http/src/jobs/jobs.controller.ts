import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { current, isId, notFound, orNotFound } from '#platform/core';
import { Databases } from '#platform/database';
import { Allow } from '../routes/access.js';
import { JOB_STATUS, type JobRow, type JobStatus, toJobStatus } from '#platform/messaging';

@ApiTags('jobs')
@Controller('v1/jobs')
export class JobsController {
  constructor(private readonly databases: Databases) {}

  @Get(':id')
  @Allow('jobs.read')
  @ApiOperation({ summary: 'State, progress and result of a job of this tenant',
    description: 'Finished jobs are remembered for ATOLL_JOB_HISTORY_DAYS.' })
  async get(@Param('id') id: string): Promise<JobStatus> {
    if (!isId(id)) throw notFound('job');
    const { tenantId } = current();
    const rows = await this.databases.everywhere<JobRow>('shows a tenant one of its jobs, of whichever context', JOB_STATUS, [tenantId,
      id]);
    return toJobStatus(orNotFound(rows[0], 'job'));
  }
}
