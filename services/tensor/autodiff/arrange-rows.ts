// Puts rows where the host says, with a gradient that is the way back instead of a scatter.

import { at, concat, gather, type Tensor, zeros } from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';

/**
 * Row i of the result is row `forward[i]` of x; no row of x may be used twice by rows that receive a gradient.
 * @param x_RD rows
 * @param forward_O int64 [O], source row of every output row
 * @param backward_R int64 [R], output row in which a source row ended up, O where it is unused
 */
export function arrangeRows(x_RD: Tensor, forward_O: Tensor, backward_R: Tensor): Tensor {
  return withGradient(gather(x_RD, forward_O), {
    inputs: [x_RD],
    rule: (d_OD) => [() => gather(concat([d_OD, zeros(d_OD, [1, at(d_OD.shape, 1)])], 0), backward_R)],
  });
}
