import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export interface Kustomization {
  resources: string[];
  images?: { name: string; newName: string; newTag: string }[];
}

/** As much of a Kubernetes object as the checks look at. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
  data?: Record<string, string>;
}

/** What `kubectl kustomize` puts out, for kustomizations that only list resources and images. */
export function readOverlay(folder: string): { objects: KubeObject[]; kustomizations: { folder: string; value: Kustomization }[] } {
  const value = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const below = value.resources.filter((one) => !one.endsWith('.yaml')).map((one) => readOverlay(join(folder, one)));
  const files = value.resources.filter((one) => one.endsWith('.yaml')).flatMap((one) => readObjects(join(folder, one)));
  return { objects: [...below.flatMap(({ objects }) => objects), ...files],
    kustomizations: [{ folder, value }, ...below.flatMap(({ kustomizations }) => kustomizations)] };
}

/** As Kubernetes reads it: YAML 1.1, with its `off` and `yes`. */
export function readObjects(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
    return document.toJS() as KubeObject;
  });
}

/** Files of a folder that its kustomization forgets. */
export function unlisted({ folder, value }: { folder: string; value: Kustomization }): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml' && !value.resources.includes(file));
}

export function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
