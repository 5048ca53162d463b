import { openArchive, type ReadPart } from '../archive.js';
import type { DocumentBuilder } from '../parsed-document.js';
import { Unreadable } from '../unreadable.js';
import { BodyReader } from './body.js';
import { Numbering } from './numbering.js';
import { Notes } from './notes.js';
import { Styles } from './styles.js';
import { type Xml, at, elements, parsePart } from './xml.js';

interface Relation {
  type: string;
  target: string;
  outside: boolean;
}

/** A Word document: its body, the heads and feet of its pages once each, notes below what refers to them. Pictures are not read. */
export function parseDocx(bytes: Uint8Array, document: DocumentBuilder): void {
  const archive = openArchive(bytes);
  const main = mainPart(archive);
  const relations = relationsOf(archive, main);
  const body = at(part(archive, main), 'w:body');
  if (!body) throw damaged();
  const related = (type: string): [string, Xml | undefined][] =>
    [...relations.values()].filter((one) => one.type.endsWith(`/${type}`)).map(({ target }) => [target, part(archive, target)]);
  const [numbering, styles] = ['numbering', 'styles'].map((type) => related(type)[0]?.[1]);
  const notes = new Notes(related('footnotes')[0]?.[1], related('endnotes')[0]?.[1]);
  const source = { document, styles: new Styles(styles), links: linksOf(relations) };
  const reader = new BodyReader(source, new Numbering(numbering), notes);

  const linesOf = (type: string): string[] => {
    const found = related(type).flatMap(([name, root]) => (root ? reader.lines(root, linksOf(relationsOf(archive, name))) : []));
    return [...new Set(found)].filter((line) => /\p{L}|\d.*\d/u.test(line) && !PAGE_NUMBER.test(line));
  };
  reader.read(body, linesOf('header'));
  for (const line of linesOf('footer')) document.add('paragraph', line);
  if (elements(related('comments')[0]?.[1]).length > 0) document.warn('comments');
}

const PAGE_NUMBER = /^[-–— ]*(?:page|seite|página|pagina|стр\.?|p\.)?[ \d]*(?:of|von|de|di|из|\/)?[ \d]*[-–— ]*$/i;

function mainPart(archive: ReadPart): string {
  const relations = [...relationsOf(archive, '').values()];
  return relations.find(({ type }) => type.endsWith('/officeDocument'))?.target ?? 'word/document.xml';
}

function part(archive: ReadPart, name: string): Xml | undefined {
  const bytes = archive(name);
  if (!bytes) return undefined;
  try {
    return parsePart(bytes) ?? undefined;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw damaged();
  }
}

function relationsOf(archive: ReadPart, name: string): Map<string, Relation> {
  const [folder, file] = [name.slice(0, name.lastIndexOf('/') + 1), name.slice(name.lastIndexOf('/') + 1)];
  const root = part(archive, `${folder}_rels/${file}.rels`);
  return new Map(elements(root).map(({ attributes }) => {
    const outside = attributes['TargetMode'] === 'External';
    const target = attributes['Target'] ?? '';
    return [attributes['Id'] ?? '', { type: attributes['Type'] ?? '', outside, target: outside ? target : inside(folder, target) }];
  }));
}

function inside(folder: string, target: string): string {
  return target.startsWith('/') ? target.slice(1) : new URL(target, `file:///${folder}`).pathname.slice(1);
}

function linksOf(relations: Map<string, Relation>): Map<string, string> {
  return new Map([...relations].filter(([, { outside, target }]) => outside && /^(?:https?|mailto|tel):/i.test(target))
    .map(([id, { target }]) => [id, target]));
}

function damaged(): Unreadable {
  return new Unreadable('damaged',
    'The file is damaged, or no Word document (.docx) at all: it could not be opened. Save it again and upload the new file.');
}
