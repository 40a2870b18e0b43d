// Reverse-mode differentiation of a graph, into the same graph. Walks the nodes from last to first, hands each node's
// output gradient to the rule of its operator, and sums what arrives at a tensor from several uses.
// Only tensors on a path from a wanted tensor to the loss are visited: frozen parts get no backward graph.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { add, at, concat, expand, type Node, reshape, scatterAdd, type Tensor, zeros } from '../graph/index.ts';
import { customGradientOf } from './custom-gradient.ts';
import type { Partial, RowUpdates, Rule } from './rule.ts';
import { RULES } from './rules/index.ts';

/**
 * d loss / d x for every x of `wanted`, all with the shape of x; zeros where the loss does not depend on x.
 * @param loss a scalar
 * @throws LatentSweepError INTERNAL when an operator on the way has no rule
 */
export function gradients(loss: Tensor, wanted: readonly Tensor[]): ReadonlyMap<Tensor, Tensor> {
  return backward(loss, loss.graph.scalar(1), wanted);
}

/** As `gradients`, of something that influences the loss: `dy` is the gradient that arrives at y. */
export function backward(y: Tensor, dy: Tensor, wanted: readonly Tensor[]): ReadonlyMap<Tensor, Tensor> {
  const { graph } = y;
  const nodes = [...graph.nodes];
  const onPath = tensorsDependingOn(wanted, nodes);
  const partials = new Map<Tensor, Partial[]>([[y, [dy]]]);
  const arrive = (tensor: Tensor, partial: Partial) => {
    const known = partials.get(tensor);
    if (known) known.push(partial);
    else partials.set(tensor, [partial]);
  };

  const through = (node: Node): void => {
    const outputGradients = node.outputs.map((output) => sumPartials(output, partials.get(output)));
    if (outputGradients.every((gradient) => gradient === null)) return;
    const custom = customGradientOf(at(node.outputs, 0));
    const inputs = custom?.inputs ?? node.inputs;
    const isWanted = inputs.map((input) => onPath.has(input));
    if (!isWanted.includes(true)) return;
    const made = custom
      ? custom.rule(required(outputGradients[0]), isWanted)
      : ruleOf(node)({ node, outputGradients, wanted: isWanted });
    inputs.forEach((input, index) => {
      const make = made[index];
      if (isWanted[index] && make) arrive(input, make());
    });
  };
  for (const node of nodes.reverse()) graph.within(backwardOf(node.scope), () => through(node));
  return new Map(wanted.map((x) => [x, sumPartials(x, partials.get(x)) ?? zeros(y, x.shape)]));
}

/** Scope of the gradients of a scope's nodes. */
const backwardOf = (scope: string): string => (scope.endsWith(' backward') ? scope : `${scope} backward`);

function ruleOf(node: Node): Rule {
  const rule = RULES[node.op];
  if (!rule) throw new LatentSweepError('INTERNAL', `no gradient rule for operator ${node.op}`, { op: node.op });
  return rule;
}

function required(gradient: Tensor | null | undefined): Tensor {
  if (!gradient) throw new LatentSweepError('INTERNAL', 'a custom gradient needs the gradient of its only output');
  return gradient;
}

function tensorsDependingOn(wanted: readonly Tensor[], nodes: readonly Node[]): ReadonlySet<Tensor> {
  const depends = new Set(wanted);
  for (const node of nodes) {
    for (const output of node.outputs) {
      const inputs = customGradientOf(output)?.inputs ?? node.inputs;
      if (inputs.some((input) => depends.has(input))) depends.add(output);
    }
  }
  return depends;
}

/** Dense partials are added; row updates are scattered onto their sum in one operator. */
function sumPartials(target: Tensor, partials: readonly Partial[] | undefined): Tensor | null {
  if (!partials) return null;
  const dense: Tensor[] = [];
  const rows: RowUpdates[] = [];
  for (const partial of partials) {
    if ('kind' in partial) rows.push(partial);
    else dense.push(partial);
  }
  const sum = dense.length > 0 ? dense.reduce(add) : zeros(target, target.shape);
  if (rows.length === 0) return sum;
  const updates = concat(
    rows.map((row) => row.updates),
    0,
  );
  const indices = reshape(
    concat(
      rows.map((row) => row.indices),
      0,
    ),
    [at(updates.shape, 0), 1],
  );
  return scatterAdd(sum, expand(indices, updates.shape), updates, 0);
}
