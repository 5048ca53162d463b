import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { Secrets } from '#platform/core';
import type { BootedContexts } from '#platform/testing';
import { sha256, untar } from './full-tenant.js';

/** The archive with one letter of `word` changed where it first stands behind the manifest, or in it. */
export function flipped(archive: Buffer, word: string): Buffer {
  const copy = Buffer.from(archive);
  copy[copy.indexOf(word)]! ^= 0x20;
  return copy;
}

export function insertedEntry(archive: Buffer, name: string): Buffer {
  return Buffer.concat([archive.subarray(0, archive.length - 1_024), entry(name, Buffer.from('root')), Buffer.alloc(1_024)]);
}

export function renamedEntry(archive: Buffer, from: string, to: string): Buffer {
  return tarOf([...untar(archive)].map(([name, content]) => [name === from ? to : name, content]));
}

/** As somebody would make it who has the deployment's key, and means ill or made a mistake. */
export function retold(booted: BootedContexts, archive: Buffer,
  change: (manifest: { files: { path: string; bytes: number; sha256: string }[] }) => unknown,
  contents: Record<string, (text: string) => string> = {}): Buffer {
  const files = untar(archive);
  const manifest = JSON.parse(files.get('manifest.json')!.toString()) as { files: { path: string; bytes: number; sha256: string }[] };
  for (const [path, changed] of Object.entries(contents)) {
    const content = Buffer.from(changed(files.get(path)!.toString()));
    files.set(path, content);
    Object.assign(manifest.files.find((file) => file.path === path)!, { bytes: content.length, sha256: sha256(content) });
  }
  const text = Buffer.from(JSON.stringify(change(manifest)));
  const seed = booted.get(Secrets).key('tenancy.archive');
  const key = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der',
    type: 'pkcs8' });
  files.set('manifest.json', text);
  files.set('signature.json', Buffer.from(
    JSON.stringify({ key: createPublicKey(key).export({ format: 'jwk' }).x, signature: sign(null, text, key).toString('base64url') })));
  return tarOf([...files]);
}

function tarOf(files: [string, Buffer][]): Buffer {
  return Buffer.concat([...files.map(([name, content]) => entry(name, content)), Buffer.alloc(1_024)]);
}

function entry(name: string, content: Buffer): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  block.write('0', 156);
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(' ', 148, 156);
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
