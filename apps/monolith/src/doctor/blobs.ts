import { createBlobs } from '#platform/adapters';
import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

/** Where files are kept: the bucket and its key, or that the folder can be written. */
export async function examineBlobs({ core, blobs }: Patient): Promise<Finding[]> {
  const found = new Findings('files');
  try {
    await (await createBlobs(core, blobs)).assertReady();
    if (blobs.bucket === undefined) found.ok('kept in a folder, which processes that share tenants must share');
    else found.ok(`bucket ${blobs.bucket} can be listed`);
  } catch (error) {
    found.refused(error);
  }
  return found.all;
}
