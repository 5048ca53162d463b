import type { IncomingHttpHeaders } from 'node:http';

/** RFC 9110, 7.6.1: meant for the next connection only. `expect` is answered by our own server. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'];

/** What only the edge says: who the client is (x-atoll-forwarded), and which span is the parent. */
const OF_THE_EDGE = /^(host|forwarded|x-forwarded-.*|x-real-ip|x-request-id|x-atoll-forwarded|traceparent)$/;

/** Of the answer, what the edge says itself. */
const ANSWERED_BY_THE_EDGE = /^(date|x-request-id|access-control-.*)$/;

type Headers = Record<string, string | string[]>;

/** Headers of a request on its way to the process that hosts the route. */
export function requestHeaders(incoming: IncomingHttpHeaders, hasBody: boolean): Headers {
  const headers = endToEnd(incoming, OF_THE_EDGE);
  if (!hasBody) delete headers['content-length'];
  return headers;
}

/** Headers of an answer on its way to the client. */
export function answerHeaders(answered: Record<string, string | string[] | undefined>): Headers {
  return endToEnd(answered, ANSWERED_BY_THE_EDGE);
}

function endToEnd(headers: Record<string, string | string[] | undefined>, own: RegExp): Headers {
  const named = String(headers.connection ?? '').toLowerCase().split(',').map((name) => name.trim());
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.includes(name) && !named.includes(name) && !own.test(name)) kept[name] = value;
  }
  return kept;
}
