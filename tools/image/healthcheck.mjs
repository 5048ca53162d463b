/** The image's HEALTHCHECK: asks this container's process whether it may be given requests. */
const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/health/ready`, { signal: AbortSignal.timeout(4_000) }).catch((error) => ({ ok: false, status: error.message }));
if (!answer.ok) {
  console.error(`not ready: ${answer.status}`);
  process.exit(1);
}
