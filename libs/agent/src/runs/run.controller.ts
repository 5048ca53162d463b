import { Controller, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { Allow, IdParam, type SseAnswer, ssePush } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import type { Run } from '../contract.js';
import { nativeRunView, sinkReader } from './log-readers.js';
import { RunService } from './run.service.js';
import { RunFollower } from './run-follower.js';

export class EventsQuery {
  /** Id of the last event that was seen; the header Last-Event-ID says the same and goes before it. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(2_147_483_647)
  after: number = 0;
}

@ApiTags('runs')
@Controller('v1/runs')
export class RunController {
  constructor(
    private readonly runs: RunService,
    private readonly follower: RunFollower,
  ) {}

  @Get(':id')
  @Allow('agent.runs.read')
  find(@Param('id', new IdParam('run')) id: string): Promise<Run> {
    return this.runs.find(id);
  }

  /** The run's log from behind the last event seen to its final event, live while it runs. Leaving does not stop the run. */
  @Get(':id/events')
  @ApiHeader({ name: 'Last-Event-ID', required: false })
  @Allow('agent.runs.read')
  events(
    @Param('id', new IdParam('run')) id: string, @Query() query: EventsQuery, @Headers('last-event-id') lastSeen?: string,
  ): SseAnswer {
    const after = lastEventId(lastSeen) ?? query.after;
    return ssePush((sink) => this.follower.follow(id, after, sinkReader(sink, nativeRunView)), { view: nativeRunView });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('agent.runs.write')
  @Unaudited('a run is a log of its own, and says that it was cancelled')
  cancel(@Param('id', new IdParam('run')) id: string): Promise<Run> {
    return this.runs.cancel(id);
  }
}

/** A browser sends back whatever id it saw last; one that is not ours counts as none. */
function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
