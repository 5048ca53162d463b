import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from './current-session.js';
import { SessionService, type SessionView } from './session.service.js';

@ApiTags('me')
@Controller('v1/me/sessions')
export class SessionController {
  constructor(private readonly sessions: SessionService) {}

  /** Where you are signed in to this tenant, latest first. */
  @Get()
  @Allow()
  async list(): Promise<{ items: SessionView[] }> {
    const { userId, sessionId } = currentSession();
    return { items: await this.sessions.list(userId, sessionId) };
  }

  /** Signs one of your devices out of this tenant; effective within 5 seconds. */
  @Delete(':id')
  @HttpCode(204)
  @Allow()
  @Unaudited('AuditHandler hears tenancy.session-revoked')
  end(@Param('id', new IdParam('session')) id: string): Promise<void> {
    return this.sessions.closeOwn(currentSession().userId, id);
  }

  /** Signs you out of this tenant on all devices but this one. `POST /v1/auth/logout` with `all` leaves everywhere. */
  @Delete()
  @HttpCode(204)
  @Allow()
  @Unaudited('AuditHandler hears tenancy.session-revoked')
  endOthers(): Promise<void> {
    const { userId, sessionId } = currentSession();
    return this.sessions.closeAll(userId, 'signed-out', sessionId);
  }
}
