import { type DynamicModule, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/** One route as its controller declares it. */
export interface DeclaredRoute {
  method: string;
  /** With `:id` for parameters. */
  url: string;
  /** Who may call it, and in which shape its problems are shown. */
  config: FastifyContextConfig;
}

type Importable = Type | DynamicModule | { forwardRef: () => Type };

/** The controllers of a module and of what it imports. Nothing is instantiated. */
export function controllersOf(module: Importable, seen = new Set<unknown>()): Type[] {
  if (seen.has(module)) return [];
  seen.add(module);
  if ('forwardRef' in module) return controllersOf(module.forwardRef(), seen);
  const type = 'module' in module ? module.module : module;
  const declared = <T>(key: string): T[] => [...((Reflect.getMetadata(key, type) as T[] | undefined) ?? []),
    ...(('module' in module ? module[key as keyof DynamicModule] : []) as T[] | undefined ?? [])];
  return [...declared<Type>(MODULE_METADATA.CONTROLLERS),
    ...declared<Importable>(MODULE_METADATA.IMPORTS).flatMap((one) => controllersOf(one, seen))];
}

/** What Nest would mount for this controller, read from the same metadata. */
export function routesOf(controller: Type): DeclaredRoute[] {
  const prototype = controller.prototype as Record<string, unknown>;
  const handlers = Object.getOwnPropertyNames(prototype).map((name) => prototype[name]).filter((value) => typeof value === 'function');
  return handlers.flatMap((handler) => {
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const config = (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) ?? {}) as FastifyContextConfig;
    return pathsOf(controller)
      .flatMap((base) => pathsOf(handler).map((path) => ({ method: RequestMethod[method], url: joined(base, path), config })));
  });
}

function pathsOf(target: object): string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return Array.isArray(path) ? path : [path ?? '/'];
}

function joined(...parts: string[]): string {
  return `/${parts.flatMap((part) => part.split('/')).filter((part) => part !== '').join('/')}`;
}
