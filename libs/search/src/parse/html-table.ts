import type { DefaultTreeAdapterTypes as Tree } from 'parse5';
import { attribute, childrenOf, isElement } from './html-tree.js';

/** Cells that merged cells may be repeated in: a page of spans could otherwise grow without end. */
const MAX_CELLS = 500_000;

interface Cell {
  text: string;
  header: boolean;
}

/**
 * A table as lines of cells parted by ` | `. A merged cell says its value in each row and column that it reaches over, so that every row
 * can be read by itself; a head of several rows becomes one.
 */
export function tableText(node: Tree.Element, textOf: (cell: Tree.Element) => string): string {
  const head: Tree.Element[] = [];
  const body: Tree.Element[] = [];
  for (const child of childrenOf(node).filter(isElement)) {
    if (child.tagName === 'tr') body.push(child);
    else if (child.tagName === 'thead') head.push(...rowsOf(child));
    else if (child.tagName === 'tbody' || child.tagName === 'tfoot') body.push(...rowsOf(child));
  }
  const grid = gridOf([...head, ...body], textOf);
  const headers = head.length || grid.findIndex((row) => row.some((cell) => !cell.header));
  const rows = grid.map((row) => row.map((cell) => cell.text));
  return (headers > 1 && headers < rows.length ? [merged(rows.slice(0, headers)), ...rows.slice(headers)] : rows)
    .map(once).filter((cells) => cells.some((cell) => cell !== '')).map((cells) => cells.join(' | ')).join('\n');
}

export function rowsOf(node: Tree.Element): Tree.Element[] {
  return childrenOf(node).filter(isElement)
    .flatMap((child) => (child.tagName === 'tr' ? [child] : ['thead', 'tbody', 'tfoot'].includes(child.tagName) ? rowsOf(child) : []));
}

export function cellsOf(row: Tree.Element): Tree.Element[] {
  return childrenOf(row).filter(isElement).filter(({ tagName }) => tagName === 'td' || tagName === 'th');
}

function gridOf(rows: Tree.Element[], textOf: (cell: Tree.Element) => string): Cell[][] {
  const grid: Cell[][] = rows.map(() => []);
  let left = MAX_CELLS;
  rows.forEach((row, at) => {
    let column = 0;
    for (const node of cellsOf(row)) {
      while (grid[at]![column]) column++;
      const cell = { text: textOf(node), header: node.tagName === 'th' };
      const wide = span(node, 'colspan', 1_000);
      const high = span(node, 'rowspan', rows.length - at);
      for (let down = 0; down < high; down++) for (let right = 0; right < wide && left > 0; right++, left--)
        grid[at + down]![column + right] = cell;
      column += wide;
    }
  });
  return grid.map((row) => Array.from(row, (cell) => cell ?? { text: '', header: false }));
}

/** `rowspan="0"` reaches to the end. */
function span(node: Tree.Element, name: string, most: number): number {
  const value = Number(attribute(node, name) ?? 1);
  return value === 0 && name === 'rowspan' ? most : Math.max(1, Math.min(most, Math.trunc(value) || 1));
}

function merged(rows: string[][]): string[] {
  const width = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, column) => [...new Set(rows.map((row) => row[column] ?? ''))].filter((text) =>
    text !== '').join(' '));
}

/** A cell over the whole row is a title between the rows. */
function once(cells: string[]): string[] {
  return cells.length > 1 && cells.every((cell) => cell === cells[0]) && cells[0]!.length > 20 ? [cells[0]!] : cells;
}
