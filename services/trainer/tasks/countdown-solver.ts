// Countdown arithmetic: one canonical solution per problem, found by splitting the numbers into two groups and asking what the other
// group must make. Intermediate values are non-negative integers (a - b with a >= b, exact division): every problem that is solvable with
// negative intermediates is solvable without, and docs/design/study.md section 6 measured that fractions hardly change what is solvable.

export type Operator = '+' | '-' | '*' | '/';
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
      readonly value: number;
    };

function combine(operator: Operator, left: Expression, right: Expression, value: number): Expression {
  return { kind: 'operation', operator, left, right, value };
}

/** All ways to join two values, in the fixed order + - * /; the larger value stands left. */
function joined(a: Expression, b: Expression): Expression[] {
  const [high, low] = a.value >= b.value ? [a, b] : [b, a];
  const results = [
    combine('+', high, low, high.value + low.value),
    combine('-', high, low, high.value - low.value),
    combine('*', high, low, high.value * low.value),
  ];
  if (low.value > 0 && high.value % low.value === 0) results.push(combine('/', high, low, high.value / low.value));
  return results;
}

/** The partners `b` of `a` for which some operation gives `target`, with the operation, in the fixed order. */
function partners(
  a: number,
  target: number,
): { readonly b: number; readonly operator: Operator; readonly aLeft: boolean }[] {
  const found: { b: number; operator: Operator; aLeft: boolean }[] = [];
  if (target >= a) found.push({ b: target - a, operator: '+', aLeft: true });
  if (a >= target) found.push({ b: a - target, operator: '-', aLeft: true });
  found.push({ b: a + target, operator: '-', aLeft: false });
  if (a > 0 && target % a === 0) found.push({ b: target / a, operator: '*', aLeft: true });
  if (a > 0 && target > 0 && a % target === 0) found.push({ b: a / target, operator: '/', aLeft: true });
  if (a > 0) found.push({ b: a * target, operator: '/', aLeft: false });
  return found;
}

/**
 * The canonical solution: uses every number once and equals `target`; the same for every order of `numbers`.
 * Groups of up to three numbers are tabulated, larger ones searched backwards from the target.
 * @returns null when there is none
 */
export function solve(numbers: readonly number[], target: number): Expression | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const tables = new Map<number, ReadonlyMap<number, Expression>>();
  const full = 2 ** sorted.length - 1;

  const tableOf = (group: number): ReadonlyMap<number, Expression> => {
    const known = tables.get(group);
    if (known !== undefined) return known;
    const table = new Map<number, Expression>();
    const single = singleIndex(group);
    if (single !== null) {
      const value = sorted[single] ?? 0;
      table.set(value, { kind: 'number', value });
    } else {
      for (const [small, large] of splitsOf(group)) {
        for (const a of tableOf(small).values()) {
          for (const b of tableOf(large).values()) {
            for (const result of joined(a, b)) if (!table.has(result.value)) table.set(result.value, result);
          }
        }
      }
    }
    tables.set(group, table);
    return table;
  };

  const search = (group: number, wanted: number): Expression | null => {
    if (bitCount(group) <= 3 && tables.has(group)) return tables.get(group)?.get(wanted) ?? null;
    if (bitCount(group) <= 2 || (bitCount(group) === 3 && group !== full)) return tableOf(group).get(wanted) ?? null;
    // even splits first: their groups are tabulated, so the search below stays shallow
    for (const [small, large] of splitsOf(group)) {
      for (const a of tableOf(small).values()) {
        for (const { b, operator, aLeft } of partners(a.value, wanted)) {
          const other = search(large, b);
          if (other !== null) return aLeft ? combine(operator, a, other, wanted) : combine(operator, other, a, wanted);
        }
      }
    }
    return null;
  };
  return search(full, target);
}

const bitCount = (group: number): number => {
  let count = 0;
  for (let rest = group; rest > 0; rest &= rest - 1) count++;
  return count;
};

const singleIndex = (group: number): number | null => (bitCount(group) === 1 ? 31 - Math.clz32(group) : null);

const splitCache = new Map<number, readonly (readonly [number, number])[]>();

/** Unordered splits of a group into two non-empty ones, [smaller, larger], the most even first. */
function splitsOf(group: number): readonly (readonly [number, number])[] {
  const cached = splitCache.get(group);
  if (cached !== undefined) return cached;
  const splits: [number, number][] = [];
  for (let part = (group - 1) & group; part > 0; part = (part - 1) & group) {
    const rest = group ^ part;
    const difference = bitCount(part) - bitCount(rest);
    if (difference < 0 || (difference === 0 && part < rest)) splits.push([part, rest]);
  }
  splits.sort((x, y) => bitCount(y[0]) - bitCount(x[0]) || x[0] - y[0]);
  splitCache.set(group, splits);
  return splits;
}

/** Text without redundant parentheses: they stand only where leaving them out would change the value. */
export function printExpression(expression: Expression): string {
  if (expression.kind === 'number') return String(expression.value);
  const { operator, left, right } = expression;
  const isSum = (e: Expression): boolean => e.kind === 'operation' && (e.operator === '+' || e.operator === '-');
  const product = operator === '*' || operator === '/';
  const leftText = product && isSum(left) ? `(${printExpression(left)})` : printExpression(left);
  const wraps =
    right.kind === 'operation' &&
    (operator === '/' || (operator === '*' && isSum(right)) || (operator === '-' && isSum(right)));
  return `${leftText}${operator}${wraps ? `(${printExpression(right)})` : printExpression(right)}`;
}

/** One line per operation, inner ones first: the search-free chain of thought (`55+36=91`). */
export function stepsOf(expression: Expression): string[] {
  if (expression.kind === 'number') return [];
  const { left, right, operator, value } = expression;
  return [...stepsOf(left), ...stepsOf(right), `${left.value}${operator}${right.value}=${value}`];
}
