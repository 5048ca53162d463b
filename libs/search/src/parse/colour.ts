/** Red, green and blue of 0..255. */
export type Colour = readonly [number, number, number];

export const WHITE: Colour = [255, 255, 255];

const NAMED: Record<string, Colour> = { white: WHITE, black: [0, 0, 0], red: [255, 0, 0], yellow: [255, 255, 0], blue: [0, 0, 255],
  green: [0, 128, 0], snow: [255, 250, 250], ivory: [255, 255, 240], whitesmoke: [245, 245, 245], ghostwhite: [248, 248, 255],
  gray: [128, 128, 128], grey: [128, 128, 128], silver: [192, 192, 192], navy: [0, 0, 128], orange: [255, 165, 0] };

/** A colour of CSS; `transparent` where nothing would be seen, undefined where it cannot be told. */
export function colourOf(value: string): Colour | 'transparent' | undefined {
  const text = value.trim().toLowerCase();
  if (text in NAMED) return NAMED[text];
  if (text === 'transparent') return 'transparent';
  const hex = /^#?([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.exec(text)?.[1];
  if (hex) {
    const digits = hex.length <= 4 ? [...hex].map((digit) => digit + digit) : hex.match(/../g)!;
    const [red, green, blue, alpha = 255] = digits.map((digit) => parseInt(digit, 16));
    return alpha < 13 ? 'transparent' : [red!, green!, blue!];
  }
  const parts = /^rgba?\(([^)]*)\)$/.exec(text)?.[1]?.split(/[\s,/]+/).filter((part) => part !== '');
  if (!parts || parts.length < 3) return undefined;
  const [red, green, blue, alpha = 1] = parts.map((part, at) => parseFloat(part) * (part.endsWith('%') ? (at === 3 ? 0.01 : 2.55) : 1));
  return [red, green, blue, alpha].some((part) => Number.isNaN(part)) ? undefined : alpha < 0.05 ? 'transparent' : [red!, green!, blue!];
}

/** Whether nobody can tell the two apart: by the contrast that WCAG defines, of 1 (the same) to 21. */
export function alike(one: Colour, other: Colour): boolean {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  const apart = Math.max(...one.map((part, at) => Math.abs(part - other[at]!)));
  return (light + 0.05) / (dark + 0.05) < 1.12 && apart < 40;
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
