import { XmlElement, parseXml } from '@rgrove/parse-xml';

export type Xml = XmlElement;

/** One part of a Word file. Entities of its own and links to other files are never followed: the parser knows none. */
export function parsePart(bytes: Uint8Array): Xml | null {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
  return parseXml(new TextDecoder(utf16 ?? 'utf-8').decode(bytes)).root;
}

export function elements(node: Xml | undefined): Xml[] {
  return (node?.children ?? []).filter((child) => child instanceof XmlElement);
}

/** The element at the end of a path of names. */
export function at(node: Xml | undefined, ...path: string[]): Xml | undefined {
  return path.reduce<Xml | undefined>((found, name) => elements(found).find((child) => child.name === name), node);
}

/** The `val` attribute at the end of a path. */
export function val(node: Xml | undefined, ...path: string[]): string | undefined {
  const found = at(node, ...path);
  return found && (found.attributes['w:val'] ?? found.attributes['m:val'] ?? found.attributes['w14:val']);
}

/** A switch that is on where it stands without a value; undefined where it does not stand. */
export function on(node: Xml | undefined, ...path: string[]): boolean | undefined {
  const found = at(node, ...path);
  return found && !/^(?:0|false|off|none)$/.test(val(found) ?? '1');
}

/** Below a node, in document order, by name; what is found is not searched itself. */
export function allBelow(node: Xml, name: string): Xml[] {
  return elements(node).flatMap((child) => (child.name === name ? [child] : allBelow(child, name)));
}

/** Wrappers around blocks, rows and cells that say nothing themselves. */
export function unwrapped(node: Xml): Xml[] {
  return elements(node).flatMap((child) => {
    if (child.name === 'w:sdt') return elements(child).filter(({ name }) => name === 'w:sdtContent').flatMap(unwrapped);
    return /^w:(?:customXml|ins|moveTo|smartTag)$/.test(child.name) ? unwrapped(child) : [child];
  });
}
