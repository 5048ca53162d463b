import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { INestApplication, Type } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CoreConfig } from '#platform/core';
import { descriptionAge } from './description.js';
import { type KnownRoute, openApiDocument } from './document.js';

/** Files of Swagger UI the page needs, served from this process: nothing comes from a CDN. */
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Atoll API</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: true, ` +
  `displayRequestDuration: true, tryItOutEnabled: true });\n`;

/** Scripts of this origin only; Swagger UI sets styles from script. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * /openapi.json and /docs. The document is made when it is first asked for, so that a start pays nothing for it; it is the same in every
 * process, whatever each one hosts.
 */
export function serveDocs(app: INestApplication, server: FastifyInstance, core: CoreConfig, absent: () => Promise<Type[]>): void {
  const open = { config: { atollAccess: { public: true, permissions: [] } } };
  const routes: KnownRoute[] = [];
  let made: { age: number; text: Promise<string> } | undefined;
  server.addHook('onRoute', ({ method, url, config }) => {
    if (config?.atollAccess && typeof method === 'string' && config.forwardedTo === undefined)
      routes.push({ method, url, access: config.atollAccess });
  });
  const document = (): Promise<string> => {
    const age = descriptionAge();
    if (made?.age !== age) made = { age, text: absent()
      .then((controllers) => openApiDocument(app, routes, controllers, core.publicUrl ?? '/')).then((whole) => JSON.stringify(whole)) };
    return made.text;
  };

  server.get('/openapi.json', open, async (_request, reply) => reply.type('application/json').send(await document()));
  server.get('/docs', open, (_request, reply) => page(reply, 'text/html; charset=utf-8').send(PAGE));
  server.get('/docs/start.js', open, (_request, reply) => page(reply, 'text/javascript; charset=utf-8').send(START));
  server.get('/docs/:asset', open, async (request: FastifyRequest, reply) => {
    const { asset } = request.params as { asset: string };
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) return reply.callNotFound();
    return page(reply, type).header('cache-control', 'public, max-age=86400').send(await readFile(join(assetFolder(), asset)));
  });
}

function page(reply: FastifyReply, type: string): FastifyReply {
  return reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer').type(type);
}

function assetFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
