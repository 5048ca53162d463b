import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { Allow, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../../identity/session/current-session.js';
import { DeletionService } from './deletion.service.js';

export class DeletionBody {
  /** The tenant's exact name, to be sure. */
  @IsString() @MaxLength(200)
  name: string;
}

export class TakeBackBody {
  /** From the answer that deleted the tenant, or from the e-mail its owners got. */
  @IsString() @MaxLength(300)
  token: string;
}

@ApiTags('tenant')
@Controller('v1')
export class DeletionController {
  constructor(private readonly deletion: DeletionService) {}

  /**
   * Deletes this tenant: nobody can use it any more from now on, and after ATOLL_ERASURE_GRACE_DAYS everything of it is erased. Until then
   * `takeBack` undoes it.
   */
  @Post('tenant/deletion')
  @HttpCode(202)
  @Allow('tenancy.ownership.write')
  @Unaudited('DeletionService.ask audits it')
  async ask(@Body() { name }: DeletionBody): Promise<{ dueAt: string; takeBack: string }> {
    currentSession();
    return this.deletion.ask(name);
  }

  /** Takes a deletion back: the tenant is as it was. */
  @Post('tenant-deletion/take-back')
  @HttpCode(204)
  @Public()
  @Unaudited('DeletionService.keep audits it')
  async takeBack(@Body() { token }: TakeBackBody): Promise<void> {
    await this.deletion.takeBack(token);
  }
}
