/** Formulas as a line of text that says the same: (a+b)/c, x^2, x_i, √(…), ∑_(i=1)^n. */

export function fraction(over: string, under: string): string {
  return `${grouped(over)}/${grouped(under)}`;
}

export function power(base: string, exponent: string): string {
  return exponent === '' ? base : `${/^[∑∏∫⋃⋂]/u.test(base) ? base : grouped(base)}^${grouped(exponent)}`;
}

export function index(base: string, below: string): string {
  return below === '' ? base : `${base}_${grouped(below)}`;
}

export function root(inner: string, degree: string): string {
  return degree === '' || degree === '2' ? `√(${inner})` : `root(${degree}, ${inner})`;
}

export function matrix(rows: string[][]): string {
  return `[${rows.map((row) => row.join(', ')).join('; ')}]`;
}

/** In brackets, unless it is one number, one name or in brackets already. */
function grouped(text: string): string {
  const trimmed = text.trim();
  return /^(?:[\p{L}\p{N}.,%′'_]*|\([^()]*\))$/u.test(trimmed) ? trimmed : `(${trimmed})`;
}

const COMMANDS: Record<string, string> = {
  cdot: '·', times: '×', div: '÷', pm: '±', mp: '∓', le: '≤', leq: '≤', ge: '≥', geq: '≥', ne: '≠', neq: '≠', approx: '≈', equiv: '≡',
  infty: '∞', sum: '∑', prod: '∏', int: '∫', partial: '∂', nabla: '∇', in: '∈', notin: '∉', subset: '⊂', cup: '∪', cap: '∩', to: '→',
  rightarrow: '→', leftarrow: '←', Rightarrow: '⇒', forall: '∀', exists: '∃', ldots: '…', dots: '…', cdots: '…', circ: '°', propto: '∝',
  alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', epsilon: 'ε', varepsilon: 'ε', zeta: 'ζ', eta: 'η', theta: 'θ', lambda: 'λ', mu: 'μ',
  nu: 'ν', xi: 'ξ', pi: 'π', rho: 'ρ', sigma: 'σ', tau: 'τ', phi: 'φ', varphi: 'φ', chi: 'χ', psi: 'ψ', omega: 'ω', Gamma: 'Γ',
  Delta: 'Δ', Theta: 'Θ', Lambda: 'Λ', Pi: 'Π', Sigma: 'Σ', Phi: 'Φ', Psi: 'Ψ', Omega: 'Ω', left: '', right: '', quad: ' ', qquad: ' ',
  displaystyle: '', limits: '', nolimits: '', big: '', Big: '', bigl: '', bigr: '',
};

/** A formula in LaTeX. What it does not know stays as it was written. */
export function latexText(source: string): string {
  let text = source.trim();
  for (let before = ''; before !== text && text.length < 10_000; ) {
    before = text;
    text = text
      .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, (_, over: string, under: string) => fraction(over, under))
      .replace(/\\sqrt\s*(?:\[([^\]]*)\])?\s*\{([^{}]*)\}/g, (_, degree: string | undefined, inner: string) => root(inner, degree ?? ''))
      .replace(/\\(?:text|textrm|textbf|textit|mathrm|mathbf|mathit|mathsf|operatorname|boldsymbol)\s*\{([^{}]*)\}/g, '$1')
      .replace(/([_^])\s*\{([^{}]*)\}/g, (_, sign: string, inner: string) => sign + grouped(inner));
  }
  return text
    .replace(/\\([a-zA-Z]+)(\s*)/g, (whole, name: string, space: string) => (name in COMMANDS ? COMMANDS[name]! + (space ? ' ' : '')
      : whole))
    .replace(/\\[,;:! ]/g, ' ').replace(/\\([%$#&_{}])/g, '$1').replace(/\s+/g, ' ').trim();
}
