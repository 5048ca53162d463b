interface Hop {
  url: URL;
  init: RequestInit;
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** Headers that speak for the caller at one origin and must not reach another. */
const OWN_TO_ORIGIN = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

/** Where a redirect leads, with the fetch standard's rules on method, body and credentials; undefined when the response is the answer. */
export function nextHop(response: Response, { url, init }: Hop, keepRedirects: boolean): Hop | undefined {
  const location = response.headers.get('location');
  if (keepRedirects || !REDIRECTS.includes(response.status) || location === null) return undefined;
  const next = new URL(location, url);
  const headers = new Headers(init.headers);
  const method = (init.method ?? 'GET').toUpperCase();
  const becomesGet = (response.status === 303 && method !== 'GET' && method !== 'HEAD') ||
    ([301, 302].includes(response.status) && method === 'POST');
  if (next.origin !== url.origin) for (const name of OWN_TO_ORIGIN) headers.delete(name);
  if (!becomesGet) return { url: next, init: { ...init, headers } };
  for (const name of ['content-type', 'content-length', 'content-encoding', 'content-language']) headers.delete(name);
  return { url: next, init: { ...init, method: 'GET', body: undefined, headers } };
}
