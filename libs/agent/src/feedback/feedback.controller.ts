import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { type Feedback, FeedbackService } from './feedback.service.js';

export class NewFeedback {
  @IsIn(['up', 'down'])
  rating: 'up' | 'down';

  @IsOptional() @IsString() @MaxLength(2_000)
  comment?: string;
}

@ApiTags('conversations')
@Controller('v1/messages/:id/feedback')
export class FeedbackController {
  constructor(private readonly feedback: FeedbackService) {}

  /** Judges an answer; a second judgement of the same person replaces the first. */
  @Post()
  @HttpCode(200)
  @Allow('agent.feedback.write')
  @Unaudited('FeedbackService.keep audits it')
  give(@Param('id', new IdParam('message')) id: string, @Body() { rating, comment }: NewFeedback): Promise<Feedback> {
    return this.feedback.give(id, rating, comment ?? null);
  }
}
