import { AppError } from '#platform/core';

/** The response with a body that fails once more than `maxBytes` came; a length that is told beforehand is refused at once. */
export async function capBody(response: Response, maxBytes: number): Promise<Response> {
  if (response.body === null || maxBytes >= Number.MAX_SAFE_INTEGER) return response;
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body.cancel();
    throw tooLarge(maxBytes);
  }
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(chunk);
      },
    }),
  );
  const capped = new Response(counted, { status: response.status, statusText: response.statusText, headers: response.headers });
  Object.defineProperties(capped, { url: { value: response.url }, redirected: { value: response.redirected } });
  return capped;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('too-large', 'kernel.egress-too-large',
    `The answer of the other server is larger than ${maxBytes} bytes, so the rest was not read.`);
}
