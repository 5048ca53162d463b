import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { type Source, type Violation, violation } from '../source.js';
import type { Tree } from '../tree.js';

/** Every context has the same few files, and its two doors are listed under its name. */
export function shapeRules(tree: Tree): Violation[] {
  return tree.libraries.filter((name) => !name.startsWith('platform/')).flatMap((name) => {
    const files = ['README.md', 'src/index.ts', 'src/contract.ts', `src/${name}.module.ts`];
    const doors = { [`#${name}`]: `libs/${name}/src/index.ts`, [`#${name}/module`]: `libs/${name}/src/${name}.module.ts` };
    return [
      ...files.filter((file) => !existsSync(join(tree.root, 'libs', name, file))).map((file) => ({
        path: `libs/${name}/${file}`, line: 1, rule: 'missing-file', message: `every context has a ${file}`,
      })),
      ...Object.entries(doors).filter(([door, file]) => tree.doors.get(door) !== file).map(([door, file]) => ({
        path: 'package.json', line: 1, rule: 'missing-door', message: `imports["${door}"] must open ./${file}`,
      })),
    ];
  });
}

const FRONT = new Set(['./contract.js', './events.js', './errors.js']);

/** The front door re-exports what others may call, hear and catch, and does nothing else. */
export function frontDoorRules(source: Source): Violation[] {
  if (!/^libs\/[^/]+\/src\/index\.ts$/.test(source.path)) return [];
  return source.ast.statements.flatMap((statement) => {
    const module = ts.isExportDeclaration(statement) ? statement.moduleSpecifier : undefined;
    if (module && ts.isStringLiteral(module) && FRONT.has(module.text)) return [];
    return [violation(source, statement, 'front-door', `a front door only re-exports ${[...FRONT].join(', ')}`)];
  });
}
