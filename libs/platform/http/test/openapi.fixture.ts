import { Controller, Get, Param } from '@nestjs/common';
import { Allow } from '../src/routes/access.js';
import { IdParam } from '../src/body/validation.js';

@Controller('v1/likes')
export class ConversationLikeController {
  /** Finds one like. It is shown whole. */
  @Get(':id')
  @Allow('likes.read')
  find(@Param('id', new IdParam('like')) id: string): { id: string } {
    return { id };
  }
}
