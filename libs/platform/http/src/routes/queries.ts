import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';
import { dtoShape } from './dto-shape.js';

/** Names of the query parameters that a handler reads, from its `@Query()`s; undefined for one that reads whatever comes. */
export function queriesOf(target: object, method: string | symbol): string[] | undefined {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, method) ?? {}) as Record<string,
    { index: number; data?: string }>;
  const types = (Reflect.getMetadata('design:paramtypes', target, method) ?? []) as unknown[];
  const queries = Object.entries(args).filter(([key]) => key.startsWith(`${RouteParamtypes.QUERY}:`)).map(([, arg]) => arg);
  if (queries.some(({ index, data }) => data === undefined && types[index] === Object)) return undefined;
  return queries.flatMap(({ index, data }) => data ?? [...dtoShape(types[index] as Type).fields]);
}

/** A parameter that a route does not read would be ignored silently: a misspelt filter answers everything. */
export function unknownQuery({ query, routeOptions }: FastifyRequest): AppError | undefined {
  const { queries, probe } = routeOptions.config;
  if (queries === undefined || probe) return undefined;
  for (const name in query as object) {
    if (queries.includes(name)) continue;
    const known = queries.length === 0 ? 'It has none.' : `It has ${queries.join(', ')}.`;
    return new AppError('invalid', 'kernel.query',
      `"${name.slice(0, 60)}" is no query parameter of this route, so nothing was done. ${known}`,
      { errors: [{ pointer: `/${name}`, detail: 'is not a query parameter of this route' }], known: queries });
  }
  return undefined;
}
