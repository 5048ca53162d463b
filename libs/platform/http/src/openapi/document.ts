import { type INestApplication, Module, type Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { NestLogger } from '#platform/core';
import type { RouteAccess } from '../routes/access.js';
import { routesOf } from '../routes/routes-of.js';
import { type DescribedOperation, type Description, type JsonSchema, readDescription } from './description.js';
import { PROBLEM_SCHEMA, problemResponses } from './problem-responses.js';

/** One route as Fastify has it. */
export interface KnownRoute {
  method: string;
  /** With `:id` for parameters. */
  url: string;
  access: RouteAccess;
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; [more: string]: unknown }[];
  requestBody?: object;
  responses: Record<string, object>;
  security?: object[];
  [extension: string]: unknown;
}

const INFO = {
  title: 'Atoll',
  description: 'Ask, and the answer streams back with citations, drawn from your own documents. Sign in with a session or an API key as ' +
    'a bearer token.',
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A fresh value per intended effect (a UUID). Sent again within 24 hours it runs nothing and gives the first answer.',
  schema: { type: 'string', maxLength: 255 },
};

const STREAM_SCHEMA = { type: 'string', description: 'Server-sent events with `id:`; a comment at least every 15 s; one terminal event. ' +
  'Reconnect with Last-Event-ID to go on.' };

/**
 * OpenAPI 3.1 of every route this process has and of the `absent` controllers of other processes: Nest knows the routes, the build's
 * description their words and shapes, the routes themselves who may call them.
 */
export async function openApiDocument(app: INestApplication, routes: KnownRoute[], absent: Type[], server: string): Promise<object> {
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').setTitle(INFO.title).setDescription(INFO.description).setVersion('1')
    .addServer(server).addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Access token or API key.' }, 'bearer').build();
  const document = SwaggerModule.createDocument(app, config);
  if (absent.length > 0) addAll(document, SwaggerModule.createDocument(await bare(absent), config));
  const elsewhere = absent.flatMap(routesOf).map(({ method, url, config: { atollAccess } }) => ({ method, url, access: atollAccess! }));
  const description = readDescription();
  const access = new Map([...routes,
    ...elsewhere].map((route) => [`${route.method} ${route.url.replaceAll(/:(\w+)/g, '{$1}')}`, route.access]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, unknown>)) {
      if (isOperation(operation)) complete(operation, description, access.get(`${method.toUpperCase()} ${path}`), method);
    }
  }
  return withComponents(document, description);
}

/**
 * An application of these controllers alone, to be looked at. They are put in after Nest resolved everything: nothing of them is
 * instantiated, and what they, their guards and their pipes need is not there.
 */
async function bare(controllers: Type[]): Promise<INestApplication> {
  @Module({})
  class BareModule {}
  const app = await NestFactory.create(BareModule, new FastifyAdapter(), { logger: new NestLogger(), abortOnError: false });
  const module = [...app.get(ModulesContainer).values()].find(({ metatype }) => metatype === BareModule)!;
  for (const controller of controllers) {
    module.addController(controller);
    module.controllers.get(controller)!.instance = Object.create(controller.prototype as object) as object;
  }
  return app;
}

function addAll(document: OpenAPIObject, more: OpenAPIObject): void {
  for (const [path, item] of Object.entries(more.paths)) document.paths[path] = { ...document.paths[path], ...item };
  Object.assign((document.components ??= {}).schemas ??= {}, more.components?.schemas);
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'operationId' in value;
}

function complete(operation: Operation, { operations }: Description, access: RouteAccess | undefined, method: string): void {
  const described = operations[operation.operationId];
  operation.operationId = operation.operationId.replace('Controller_', '_');
  if (described) describe(operation, described);
  const signedIn = access !== undefined && !access.public;
  if (signedIn) {
    operation.security = [{ bearer: [] }];
    if (access.permissions.length > 0) {
      operation['x-permissions'] = access.permissions;
      operation.description = [operation.description,
        `Needs the permission ${access.permissions.map((one) => `\`${one}\``).join(' and ')}.`].filter(Boolean).join('\n\n');
    }
    if (method === 'post') operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
  }
  const hasInput = operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0;
  const hasId = operation.parameters?.some((parameter) => parameter.in === 'path') ?? false;
  Object.assign(operation.responses, problemResponses({ signedIn, hasInput, hasId }));
}

function describe(operation: Operation, described: DescribedOperation): void {
  operation.summary ??= described.summary;
  operation.description ||= described.description;
  // The routes' own words of headers (a decorator's before the scanner's); paths and queries as the types have them.
  const headers = new Map((operation.parameters ?? []).filter((one) => one.in === 'header').map((one) => [one.name.toLowerCase(), one]));
  operation.parameters = [...headers.values(), ...described.parameters.map((parameter) => ({ ...parameter }))];
  if (described.body) operation.requestBody = { required: true, content: { 'application/json': { schema: described.body } } };
  const status = Object.keys(operation.responses).find((code) => code.startsWith('2'));
  if (status === undefined) return;
  const content = contentOf(described);
  operation.responses[status] = { description: content ? 'As asked.' : 'Done.', ...(content && { content }) };
}

function contentOf({ json, stream, file, text }: DescribedOperation): Record<string, { schema: JsonSchema }> | undefined {
  const content = {
    ...(json && { 'application/json': { schema: json } }),
    ...(stream && { 'text/event-stream': { schema: STREAM_SCHEMA } }),
    ...(file && { 'application/octet-stream': { schema: {} } }),
    ...(text && { 'text/plain': { schema: { type: 'string' } } }),
  };
  return Object.keys(content).length > 0 ? content : undefined;
}

function withComponents(document: OpenAPIObject, { schemas }: Description): object {
  const own = { ...document.components?.schemas, ...schemas, Problem: PROBLEM_SCHEMA };
  return { ...document, components: { ...document.components, schemas: own } };
}
