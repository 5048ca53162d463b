import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';

/** One file of a multipart form, not read yet. */
interface UploadedFile {
  /** Name of the form's field. */
  field: string;
  /** What the sender calls it: any text at all, to be cleaned before it is shown and never to be used as a path. */
  filename: string | undefined;
  content: AsyncIterable<Uint8Array>;
}

/** Of one form, beside the size of each file. */
export const UPLOAD_LIMITS = { files: 10, fields: 20, fieldSize: 10_000, headerPairs: 50, parts: 30 } as const;

/**
 * Form-data as a body type. Files are streams: the size of one is limited where it is stored (`Blobs.put`, ATOLL_UPLOAD_LIMIT). The
 * plugin's hooks are left out: they tidy up temporary files, which are never made here, and would cost every request of the house 3 us.
 */
export async function readForms(server: FastifyInstance): Promise<void> {
  const limits = { fileSize: Infinity, ...UPLOAD_LIMITS };
  const withoutHooks = async (instance: FastifyInstance): Promise<void> => {
    const quiet = Object.create(instance, { addHook: { value: () => instance } }) as FastifyInstance;
    await new Promise<void>((resolve, reject) => {
      multipart(quiet, { throwFileSizeLimit: false, limits }, (error) => (error ? reject(error) : resolve()));
    });
  };
  await server.register(Object.assign(withoutHooks, { [Symbol.for('skip-override')]: true }));
}

/**
 * The files of a multipart request, one after the other as they arrive. Each must be read to its end before the next comes; what is left
 * unread when the loop is left goes with the request.
 */
export async function* uploads(request: FastifyRequest): AsyncGenerator<UploadedFile> {
  if (!request.isMultipart())
    throw new AppError('unsupported', 'kernel.media-type', 'This route reads files: send multipart/form-data with a boundary.');
  for await (const part of readable(request.files())) {
    yield { field: part.fieldname, filename: part.filename, content: readable<Uint8Array>(part.file) };
  }
}

/** The parser's own words for a broken form are plain errors; its limits are known by their code (error-mapping.ts). */
async function* readable<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof AppError || (error as { code?: unknown }).code !== undefined) throw error;
    throw new AppError('invalid', 'kernel.form',
      'The form is broken: its boundary is missing, or it ends before its last part does. Send it again.', { cause: error });
  }
}
