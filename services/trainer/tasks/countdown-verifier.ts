// Marks a Countdown answer by value: a recursive-descent reader of integers, + - * / and parentheses with exact rational arithmetic.
// It never evaluates code and never throws: whatever is not an expression over exactly the given numbers is simply wrong.

interface Rational {
  readonly numerator: bigint;
  /** Never zero. */
  readonly denominator: bigint;
}

/** An answer longer than this cannot be right (6 operands), and bounds the work on hostile text. */
const LONGEST_ANSWER = 200;

/**
 * Whether `answer` uses exactly the multiset `numbers` and equals `target`.
 * `×`, `x` and `÷` are not accepted; spaces are ignored; a leading sign is not an operator.
 */
export function isCountdownSolution(answer: string, numbers: readonly number[], target: number): boolean {
  if (answer.length > LONGEST_ANSWER) return false;
  const tokens = tokenise(answer);
  if (tokens === null) return false;
  const used = tokens.filter((token) => /^\d/.test(token)).map(Number);
  if (!sameMultiset(used, numbers)) return false;
  const value = evaluate(tokens);
  return value !== null && value.numerator === BigInt(target) * value.denominator;
}

function tokenise(text: string): string[] | null {
  const tokens: string[] = [];
  const token = /[ \t]*(\d+|[-+*/()])/y;
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const match = token.exec(text);
    if (match === null) return null;
    tokens.push(match[1] ?? '');
  }
  return tokens;
}

function sameMultiset(a: readonly number[], b: readonly number[]): boolean {
  const sorted = (list: readonly number[]): string => [...list].sort((x, y) => x - y).join(' ');
  return sorted(a) === sorted(b);
}

/** sum := product (('+' | '-') product)*, product := atom (('*' | '/') atom)*, atom := integer | '(' sum ')' */
function evaluate(tokens: readonly string[]): Rational | null {
  let at = 0;
  const sum = (): Rational | null => {
    let left = product();
    while (left !== null && (tokens[at] === '+' || tokens[at] === '-')) {
      const sign = tokens[at++] === '+' ? 1n : -1n;
      const right = product();
      if (right === null) return null;
      left = {
        numerator: left.numerator * right.denominator + sign * right.numerator * left.denominator,
        denominator: left.denominator * right.denominator,
      };
    }
    return left;
  };
  const product = (): Rational | null => {
    let left = atom();
    while (left !== null && (tokens[at] === '*' || tokens[at] === '/')) {
      const multiplies = tokens[at++] === '*';
      const right = atom();
      if (right === null || (!multiplies && right.numerator === 0n)) return null;
      left = multiplies
        ? { numerator: left.numerator * right.numerator, denominator: left.denominator * right.denominator }
        : { numerator: left.numerator * right.denominator, denominator: left.denominator * right.numerator };
    }
    return left;
  };
  const atom = (): Rational | null => {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (/^\d/.test(token)) return { numerator: BigInt(token), denominator: 1n };
    if (token !== '(') return null;
    const inner = sum();
    return tokens[at++] === ')' ? inner : null;
  };
  const value = sum();
  return at === tokens.length ? value : null;
}
