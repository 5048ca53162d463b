import { type Xml, at, unwrapped, val } from './xml.js';

const MAX_SPAN = 200;

/** The rows of a table with a text for each column: merged cells say theirs in every row and column that they reach over. */
export function tableRows(table: Xml, textOf: (cell: Xml) => string, deleted: () => void = () => undefined): string[][] {
  const rows: string[][] = [];
  for (const row of unwrapped(table)) {
    if (row.name !== 'w:tr') continue;
    const properties = at(row, 'w:trPr');
    if (at(properties, 'w:del')) {
      deleted();
      continue;
    }
    const cells = Array<string>(spanOf(val(properties, 'w:gridBefore'), 0)).fill('');
    const above = rows.at(-1);
    for (const cell of unwrapped(row)) {
      if (cell.name !== 'w:tc') continue;
      const merge = at(cell, 'w:tcPr', 'w:vMerge');
      const goesOn = merge !== undefined && (val(merge) ?? 'continue') === 'continue';
      const text = goesOn ? above?.[cells.length] ?? '' : textOf(cell);
      cells.push(...Array<string>(spanOf(val(cell, 'w:tcPr', 'w:gridSpan'), 1)).fill(text));
    }
    rows.push(cells);
  }
  return rows;
}

function spanOf(told: string | undefined, usual: number): number {
  return told === undefined ? usual : Math.max(usual, Math.min(MAX_SPAN, Math.trunc(Number(told)) || usual));
}
