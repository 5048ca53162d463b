import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';

const configs = new WeakMap<object, FastifyContextConfig>();

/** Nest keeps one config per route and a second decorator would replace the first's: here they add up. */
export function routeConfig(config: FastifyContextConfig): MethodDecorator {
  return (target, method, descriptor) => {
    const whole = { ...configs.get(descriptor.value as object), ...config };
    configs.set(descriptor.value as object, whole);
    RouteConfig(whole)(target, method, descriptor);
  };
}
