import { posix } from 'node:path';
import { type Import, type Source, type Violation, violation } from '../source.js';
import { type Tree, libraryOf } from '../tree.js';

/** Imports inside the house: relative ones stay at home, `#x` ones go through a listed door, along a declared edge. */
export function importRules(source: Source, tree: Tree): Violation[] {
  return source.imports.flatMap((one) => {
    const fault = one.specifier.startsWith('.') ? relative(source, one)
      : one.specifier.startsWith('#') ? door(source, one, tree) : undefined;
    return fault ? [violation(source, one.node, fault[0], fault[1])] : [];
  });
}

type Fault = [rule: string, message: string] | undefined;

function relative({ path, zone }: Source, { specifier }: Import): Fault {
  const target = posix.join(posix.dirname(path), specifier);
  if (zone.kind === 'library') {
    const home = zone.platform && !zone.test ? `libs/${zone.name}/src/` : `libs/${zone.name}/`;
    return target.startsWith(home) ? undefined : ['relative-escape', `leaves ${home}: import the other side's door (#x)`];
  }
  // A bench may measure the inside of a library; nobody ships it.
  const allowed = zone.kind === 'bench' ? ['bench/', 'apps/', 'libs/'] : zone.kind === 'app' ? ['apps/'] : ['tools/', 'apps/'];
  return allowed.some((top) => target.startsWith(top)) ? undefined : ['relative-escape', `reaches ${target}: import a door (#x)`];
}

function door({ zone }: Source, { specifier }: Import, tree: Tree): Fault {
  const library = libraryOf(specifier);
  const own = zone.kind === 'library' && library === zone.name;
  if (!tree.doors.has(specifier))
    return ['deep-import', `${specifier} is no door of package.json#imports: import #${library}, and have it export what you need`];
  if (specifier === '#platform/testing') {
    return zone.test || zone.kind === 'bench' || zone.kind === 'tools' ? undefined
      : ['testing-door', 'the test kit is for specs, benches and tools'];
  }
  if (zone.kind !== 'library') return undefined;
  const forTests = zone.test && library.startsWith('platform/');
  if (!own && !forTests && !tree.graph[zone.name]?.includes(library))
    return ['undeclared-dependency', `${zone.name} does not declare ${library} in tools/contexts.json`];
  if (specifier.endsWith('/module') && !zone.test)
    return ['module-door', `only apps/ open ${specifier}; a library injects the contract of #${library}`];
  if (own && !zone.test) return ['own-door', `${zone.name} is at home here: import the file itself`];
  return undefined;
}
