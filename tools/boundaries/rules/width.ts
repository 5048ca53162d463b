import type { Source, Violation } from '../source.js';

const WIDEST = 140;

/** A line is read without scrolling: 140 characters at most, in specs as well. */
export function widthRules({ path, ast }: Source): Violation[] {
  return ast.text.split('\n').flatMap((line, at) =>
    line.length <= WIDEST ? [] : [{ path, line: at + 1, rule: 'width', message: `${line.length} characters, more than ${WIDEST}: break the line` }]);
}
