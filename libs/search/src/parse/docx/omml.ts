import { fraction, index, matrix, power, root } from '../formula.js';
import { type Xml, at, elements, val } from './xml.js';

/** A formula of Word as a line of text. */
export function ommlText(node: Xml): string {
  const part = (name: string): string => (at(node, name) ? ommlText(at(node, name)!) : '');
  const inner = (): string => elements(node).map(ommlText).join('');
  switch (node.name) {
    case 'm:t':
      return node.text;
    case 'm:f':
      return fraction(part('m:num'), part('m:den'));
    case 'm:sSup':
      return power(part('m:e'), part('m:sup'));
    case 'm:sSub':
      return index(part('m:e'), part('m:sub'));
    case 'm:sSubSup':
      return power(index(part('m:e'), part('m:sub')), part('m:sup'));
    case 'm:rad':
      return root(part('m:e'), part('m:deg'));
    case 'm:nary':
      return `${power(index(val(node, 'm:naryPr', 'm:chr') ?? '∫', part('m:sub')), part('m:sup'))} ${part('m:e')}`;
    case 'm:d': {
      const [open, close, between] = ['m:begChr', 'm:endChr', 'm:sepChr'].map((name) => val(node, 'm:dPr', name));
      const parts = elements(node).filter(({ name }) => name === 'm:e').map(ommlText);
      return `${open ?? '('}${parts.join(between ?? ', ')}${close ?? ')'}`;
    }
    case 'm:m':
      return matrix(elements(node).filter(({ name }) => name === 'm:mr').map((row) => elements(row).map(ommlText)));
    case 'm:eqArr':
      return elements(node).filter(({ name }) => name === 'm:e').map(ommlText).join('; ');
    case 'm:func':
      return `${part('m:fName')}(${part('m:e')})`;
    case 'm:limLow':
      return index(part('m:e'), part('m:lim'));
    case 'm:limUpp':
      return power(part('m:e'), part('m:lim'));
    case 'm:acc':
      return part('m:e') + (val(node, 'm:accPr', 'm:chr') ?? '');
    case 'w:del': case 'w:moveFrom': case 'm:ctrlPr': case 'w:rPr': case 'm:phant':
      return '';
    default:
      return inner();
  }
}
