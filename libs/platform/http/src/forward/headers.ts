import type { IncomingHttpHeaders } from 'node:http';

/** RFC 9110, 7.6.1: meant for the next connection only. `expect` is answered by our own server. */
const HOP_BY_HOP = /^(connection|keep-alive|proxy-(connection|authenticate|authorization)|te|trailer|transfer-encoding|upgrade|expect)$/;

/** What only the edge says: who the client is (x-atoll-forwarded), and which span is the parent. */
const OF_THE_EDGE = /^(host|forwarded|x-forwarded-.*|x-real-ip|x-request-id|x-atoll-forwarded|traceparent)$/;

/** Of the answer, what the edge says itself. */
const ANSWERED_BY_THE_EDGE = /^(date|x-request-id|access-control-.*)$/;

/** Headers of a request on its way to the process that hosts the route. */
export function requestHeaders(incoming: IncomingHttpHeaders, hasBody: boolean): IncomingHttpHeaders {
  const headers = endToEnd(incoming, OF_THE_EDGE);
  if (!hasBody) delete headers['content-length'];
  return headers;
}

/** Headers of an answer on its way to the client. */
export function answerHeaders(answered: IncomingHttpHeaders): IncomingHttpHeaders {
  return endToEnd(answered, ANSWERED_BY_THE_EDGE);
}

function endToEnd(headers: IncomingHttpHeaders, own: RegExp): IncomingHttpHeaders {
  const named = String(headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.test(name) && !named.includes(name) && !own.test(name)));
}
