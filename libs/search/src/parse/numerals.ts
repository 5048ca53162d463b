/** How lists are numbered, in the words of HTML and Word: `1`, `A`, `a`, `I`, `i`. */
export type NumeralStyle = 'decimal' | 'upperLetter' | 'lowerLetter' | 'upperRoman' | 'lowerRoman';

const ROMAN: [number, string][] = [[1000, 'm'], [900, 'cm'], [500, 'd'], [400, 'cd'], [100, 'c'], [90, 'xc'], [50, 'l'], [40, 'xl'],
  [10, 'x'], [9, 'ix'], [5, 'v'], [4, 'iv'], [1, 'i']];

export function numeral(value: number, style: NumeralStyle): string {
  const text = style.endsWith('Roman') ? roman(value) : style.endsWith('Letter') ? letters(value) : String(value);
  return style.startsWith('upper') ? text.toUpperCase() : text;
}

function roman(value: number): string {
  if (value < 1 || value >= 5_000) return String(value);
  let left = value;
  return ROMAN.map(([worth, sign]) => {
    const times = Math.floor(left / worth);
    left -= times * worth;
    return sign.repeat(times);
  }).join('');
}

/** a … z, aa … az, ba …, as web pages count; Word writes aa, bb, cc. */
function letters(value: number): string {
  if (value < 1) return String(value);
  let text = '';
  for (let left = value; left > 0; left = Math.floor((left - 1) / 26)) text = String.fromCharCode(97 + ((left - 1) % 26)) + text;
  return text;
}
