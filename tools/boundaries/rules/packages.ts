import { isBuiltin } from 'node:module';
import ts from 'typescript';
import { type Import, type Source, type Violation, nodes, violation } from '../source.js';
import type { Tree } from '../tree.js';

/** Packages that one room of the platform wraps for everybody else. */
const KEPT: { packages: RegExp; room: string; rule: string; instead: string; names?: Set<string> }[] = [
  { packages: /^@electric-sql\/.*$/, room: 'libs/platform/pglite/src/', rule: 'raw-database', instead: 'inject Db' },
  { packages: /^(pg|pg-[a-z-]+|postgres|@nestjs\/typeorm)$/, room: 'libs/platform/database/src/', rule: 'raw-database',
    instead: 'inject Db' },
  { packages: /^typeorm$/, room: 'libs/platform/database/src/', rule: 'raw-database', instead: 'inject Db',
    names: new Set(['*', 'default', 'DataSource', 'EntityManager', 'QueryRunner', 'getRepository', 'createConnection', 'getManager']) },
  { packages: /^(undici|axios|got|ky|node-fetch|superagent|openai)$/, room: 'libs/platform/adapters/src/egress/', rule: 'http-client',
    instead: 'use Egress.fetch' },
  { packages: /^(node:)?https?$/, room: 'libs/platform/adapters/src/egress/', rule: 'http-client', instead: 'use Egress.fetch',
    names: new Set(['*', 'default', 'request', 'get', 'Agent', 'ClientRequest']) },
  { packages: /^(node:)?http2$/, room: 'libs/platform/adapters/src/egress/', rule: 'http-client', instead: 'use Egress.fetch' },
  { packages: /^@fastify\/(reply-from|http-proxy)$/, room: 'libs/platform/http/src/forward/', rule: 'http-client',
    instead: 'use Egress.fetch' },
  { packages: /^@(aws-sdk|smithy)\/.*$/, room: 'libs/platform/adapters/src/blobs/', rule: 'blob-client', instead: 'inject Blobs' },
  { packages: /^nodemailer$/, room: 'libs/platform/adapters/src/mail/', rule: 'mail-client', instead: 'inject Mail' },
  { packages: /^(bullmq|ioredis|@nestjs\/bullmq)$/, room: 'libs/platform/', rule: 'raw-queue', instead: 'inject Jobs or Events' },
  { packages: /^(nestjs-cls|(node:)?async_hooks)$/, room: 'libs/platform/', rule: 'flow-setter',
    instead: 'use current() and runAs() of #platform/core' },
];

const CLIENT_GLOBALS = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']);

/** Third-party packages: production code uses production dependencies, and the dangerous ones only through the platform. */
export function packageRules(source: Source, tree: Tree): Violation[] {
  const { zone } = source;
  if (zone.test || zone.kind === 'bench' || zone.kind === 'tools' || source.path.startsWith('apps/web/')) return [];
  return [...source.imports.flatMap((one) => imported(source, one, tree)), ...(zone.kind === 'library' ? globalsUsed(source) : [])];
}

function imported(source: Source, one: Import, tree: Tree): Violation[] {
  if (/^[.#/]/.test(one.specifier)) return [];
  const name = one.specifier.split('/').slice(0, one.specifier.startsWith('@') ? 2 : 1).join('/');
  const found: Violation[] = [];
  if (!isBuiltin(one.specifier) && !tree.dependencies.has(name)) {
    found.push(violation(source, one.node, 'dev-dependency',
      `${name} is not among package.json#dependencies, so production does not have it`));
  }
  const kept = one.typeOnly ? undefined
    : KEPT.find(({ packages, names }) => packages.test(name) && (!names || one.names.some((taken) => names.has(taken))));
  if (kept && !source.path.startsWith(kept.room))
    found.push(violation(source, one.node, kept.rule, `${one.specifier} stays in ${kept.room}: ${kept.instead}`));
  return found;
}

/** `fetch(...)`, `globalThis.fetch`, `new WebSocket(...)`: by their global names, not as somebody's method. */
function globalsUsed(source: Source): Violation[] {
  if (source.path.startsWith('libs/platform/adapters/src/egress/')) return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    const callee = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression : undefined;
    const bare = callee && ts.isIdentifier(callee) && CLIENT_GLOBALS.has(callee.text);
    const onGlobal = ts.isPropertyAccessExpression(node) && node.expression.getText() === 'globalThis' &&
      CLIENT_GLOBALS.has(node.name.text) && !isOverwritten(node);
    if (bare || onGlobal) found.push(violation(source, node, 'http-client',
      `${node.getText().split('(')[0]} goes around libs/platform/adapters/src/egress/: use Egress.fetch`));
  }
  return found;
}

/** `globalThis.fetch = refuse` takes the client away. */
function isOverwritten(node: ts.Node): boolean {
  return ts.isBinaryExpression(node.parent) && node.parent.left === node;
}
