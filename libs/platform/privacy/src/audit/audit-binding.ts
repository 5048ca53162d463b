import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError, Secrets } from '#platform/core';
import { Databases } from '#platform/database';
import { contextOf, HOSTED, Publisher, LocalEmitter } from '#platform/messaging';
import { Audit } from './audit.js';
import { auditOf, auditedActions } from './audited.decorator.js';

/**
 * Gives every instance with `@Audited` methods the audit log of its context, once at boot. Refuses a class that speaks for two contexts.
 */
@Injectable()
export class AuditBinding implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(Databases) private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly emitter: LocalEmitter,
    @Inject(HOSTED) private readonly hosted: string[],
  ) {}

  onModuleInit(): void {
    const audits = new Map(this.hosted.map((context) => [context, newAudit(this.databases.of(context), this.secrets, this.emitter)]));
    for (const { metatype, instance } of [...this.discovery.getProviders(), ...this.discovery.getControllers()] as { metatype: unknown;
      instance: unknown }[]) {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) continue;
      const contexts = new Set(auditedActions(metatype).map(contextOf));
      if (contexts.size === 0) continue;
      const [context] = contexts;
      const audit = audits.get(context!);
      if (contexts.size > 1 || !audit) throw misplaced(metatype.name, [...contexts]);
      auditOf.set(instance, audit);
    }
  }
}

export function newAudit(db: ConstructorParameters<typeof Audit>[0], secrets: Secrets, emitter: LocalEmitter): Audit {
  return new Audit(db, new Publisher('kernel', db, secrets, emitter));
}

function misplaced(name: string, contexts: string[]): AppError {
  return new AppError('internal', 'kernel.audit-context',
    `Atoll did not start: @Audited actions of ${name} are named after ${contexts.join(' and ')}. They start with the one context that ` +
      `${name} belongs to, which this process hosts.`);
}
