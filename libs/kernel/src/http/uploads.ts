import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';

/** One file of a multipart form, not read yet. */
export interface UploadedFile {
  /** Name of the form's field. */
  field: string;
  /** What the sender calls it: any text at all, to be cleaned before it is shown and never to be used as a path. */
  filename: string | undefined;
  content: AsyncIterable<Uint8Array>;
}

/** Form-data as a body type. Files are streams: the size of one is limited where it is stored (`Blobs.put`, ATOLL_UPLOAD_LIMIT). */
export async function readForms(server: FastifyInstance): Promise<void> {
  await server.register(multipart, { throwFileSizeLimit: false, limits: { fileSize: Infinity, files: 10, fields: 20, fieldSize: 10_000, headerPairs: 50, parts: 30 } });
}

/**
 * The files of a multipart request, one after the other as they arrive. Each must be read to its end before the next comes; what is left
 * unread when the loop is left goes with the request.
 */
export async function* uploads(request: FastifyRequest): AsyncGenerator<UploadedFile> {
  if (!request.isMultipart()) throw new AppError('unsupported', 'kernel.media-type', 'This route reads files: send multipart/form-data with a boundary.');
  for await (const part of request.files()) yield { field: part.fieldname, filename: part.filename, content: part.file };
}
