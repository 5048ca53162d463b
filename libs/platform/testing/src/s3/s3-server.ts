import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type S3rver from 's3rver';

const BUCKET = 'atoll';
/** The only key that s3rver knows. */
const KEY = 'S3RVER';
/** What it ends the names of its files in. */
const OBJECT = '._S3rver_object';

/** A server that speaks S3, in this process. It knows no conditional requests (If-None-Match), and takes every signature of its one key. */
export class S3Server {
  /** Requests it answers with 500. */
  away: (method: string, url: string) => boolean = () => false;

  private constructor(private readonly folder: string, private readonly s3: S3rver, private readonly server: Server) {}

  static async start(): Promise<S3Server> {
    const folder = mkdtempSync(join(tmpdir(), 'atoll-s3-'));
    const { default: S3Rver } = await import('s3rver');
    const s3 = new S3Rver({ directory: folder, silent: true, configureBuckets: [{ name: BUCKET }] });
    await s3.configureBuckets();
    const server = createServer();
    const running = new S3Server(folder, s3, server);
    const rest = s3.callback();
    server.on('request', (request, response) => void (running.answered(request, response) || rest(request, response)));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return running;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What a process needs to keep its files here. */
  get env(): Record<string, string> {
    return { ATOLL_S3_BUCKET: BUCKET, ATOLL_S3_ENDPOINT: this.endpoint, ATOLL_S3_ACCESS_KEY_ID: KEY, ATOLL_S3_SECRET_ACCESS_KEY: KEY };
  }

  /** Keys of uploads in parts that were neither completed nor aborted. */
  get unfinished(): string[] {
    return this.uploads().map(({ key }) => key);
  }

  get keys(): string[] {
    const files = readdirSync(join(this.folder, BUCKET), { recursive: true, encoding: 'utf8' });
    return files.filter((name) => name.endsWith(OBJECT)).map((name) => name.slice(0, -OBJECT.length));
  }

  /** Makes an object look as if it had been stored then. */
  age(key: string, at: Date): void {
    utimesSync(join(this.folder, BUCKET, `${key}${OBJECT}`), at, at);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
    this.s3.logger.exceptions.unhandle();
    this.s3.logger.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What s3rver leaves out, or gets wrong: unfinished uploads, folders at the top of a bucket, a range of nothing. */
  private answered({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    const { pathname, searchParams } = new URL(url, this.endpoint);
    const [upload, delimiter] = [searchParams.get('uploadId'), searchParams.get('delimiter')];
    const ofBucket = method === 'GET' && pathname === `/${BUCKET}/`;
    const answer = (status: number, body = ''): boolean => Boolean(
      response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
    );
    if (this.away(method, url)) return answer(500, '<Error><Code>InternalError</Code></Error>');
    if (!headers.authorization?.includes(`Credential=${KEY}/`)) return false;
    if (method === 'DELETE' && upload !== null) {
      rmSync(join(this.uploadsFolder, upload), { recursive: true, force: true });
      return answer(204);
    }
    if (ofBucket && searchParams.has('uploads')) {
      const uploads = this.uploads().map(
        ({ key, id, at }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`
      );
      return answer(200, `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`);
    }
    if (ofBucket && delimiter !== null) {
      const folders = [...new Set(this.keys.map((key) => key.split(delimiter)[0]!))];
      const prefixes = folders.map((name) => `<CommonPrefixes><Prefix>${name}${delimiter}</Prefix></CommonPrefixes>`);
      return answer(200, `<ListBucketResult>${prefixes.join('')}</ListBucketResult>`);
    }
    const file = join(this.folder, `${decodeURIComponent(pathname)}${OBJECT}`);
    const rangeOfNothing = headers.range !== undefined && statSync(file, { throwIfNoEntry: false })?.size === 0;
    return method === 'GET' && rangeOfNothing && answer(416, '<Error><Code>InvalidRange</Code></Error>');
  }

  private uploads(): { id: string; key: string; at: Date }[] {
    if (!existsSync(this.uploadsFolder)) return [];
    return readdirSync(this.uploadsFolder).map((id) => {
      const path = join(this.uploadsFolder, id, 'key');
      return { id, key: readFileSync(path, 'utf8'), at: statSync(path).mtime };
    });
  }

  private get uploadsFolder(): string {
    return join(this.folder, BUCKET, '._S3rver_uploads');
  }
}
