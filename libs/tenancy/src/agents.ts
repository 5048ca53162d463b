import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isUUID } from 'class-validator';
import { notFound } from '#platform/core';

/** Knows the agents that bodies of contexts below it name. Implemented by agent, and bound to this token wherever it can be asked. */
export abstract class AgentDirectory {
  /** Whether there is such an agent for the caller; an unknown one, a foreign one and one that is closed to them are none alike. */
  abstract knows(ask: { agentId: string }): Promise<boolean>;
}

/**
 * For routes whose body has an `agentId`: one that is nobody's is answered like any id that does not exist. Without a process that hosts
 * agents nothing is asked.
 */
@Injectable()
export class KnownAgentGuard implements CanActivate {
  constructor(private readonly modules: ModuleRef) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { agentId } = (context.switchToHttp().getRequest<{ body?: unknown }>().body ?? {}) as { agentId?: unknown };
    const directory = isUUID(agentId) ? this.directory() : undefined;
    if (directory && !(await directory.knows({ agentId: agentId as string }))) throw notFound('agent');
    return true;
  }

  /** It stands above: looked up when it is needed. */
  private directory(): AgentDirectory | undefined {
    try {
      return this.modules.get(AgentDirectory, { strict: false });
    } catch {
      return undefined;
    }
  }
}
