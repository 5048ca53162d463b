import { MAKERS } from './makers.js';
import { NAMED_IN_BODY, type Schema, sampleOf } from './samples.js';

interface OpenApiOperation {
  parameters?: { name: string; in: string }[];
  security?: object[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
}

export interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** One route, as far as a stranger reading the API's document could know it. */
export interface Route {
  /** `GET /v1/agents/{id}` */
  name: string;
  method: string;
  path: string;
  /** Answers without a credential. */
  public: boolean;
  /** Of the path, in its order: name and kind of what it names. */
  params: { name: string; kind: string }[];
  queries: string[];
  /** Takes a file as a form. */
  form: boolean;
  /** The least body its schema accepts; undefined where it takes none. */
  body?: () => unknown;
  /** All fields of it, for names and types. */
  wholeBody?: () => unknown;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function routesOf(document: OpenApi): Route[] {
  const schemas = document.components?.schemas ?? {};
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const { parameters = [], requestBody, security } = item[method]!;
      const json = requestBody?.content?.['application/json']?.schema;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        public: security === undefined,
        params: paramsOf(path),
        queries: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
        form: requestBody?.content?.['multipart/form-data'] !== undefined,
        ...(json && { body: () => sampleOf(json, schemas), wholeBody: () => sampleOf(json, schemas, true) }),
      };
    }),
  );
}

/** What a request of this route needs to be there. */
export function kindsOf({ name, params }: Route): string[] {
  return [...params.map(({ kind }) => kind), ...(NAMED_IN_BODY[name] ?? [])];
}

/** Routes that name something nobody here knows how to make. */
export function unmakeable(routes: Route[]): string[] {
  return routes.flatMap(({ name, params }) => params.filter(({ kind }) => !(kind in MAKERS))
    .map((param) => `${name}: no maker for {${param.name}}, which names one of "${param.kind}"; add one to makers.ts`));
}

function paramsOf(path: string): Route['params'] {
  const parts = path.split('/');
  return parts.flatMap((part, at) => {
    if (!part.startsWith('{')) return [];
    const fixed = parts.slice(0, at).findLast((one) => !one.startsWith('{')) ?? '';
    return [{ name: part.slice(1, -1), kind: fixed }];
  });
}
