import { ModelServer } from './model-server/model-server.js';

/**
 * The model server as a process of its own, so that a bench does not pay for its upstream: prints `{"url":"..."}` once it listens,
 * takes its script by POST /script, and ends when its parent closes its stdin.
 */
const model = await ModelServer.start({ port: Number(process.argv[2] ?? 0), keep: 100 });
process.stdout.write(`${JSON.stringify({ url: model.url })}\n`);
process.stdin.resume().once('end', () => process.exit(0));
