// LayerNorm and RMSNorm over rows, with gradients of their own. On the CPU they are written out: ONNX Runtime's kernels sum element by
// element and take three times as long as products with a vector of ones. On a GPU, and for a few rows, one kernel is the faster.
// Legend: R rows, D width.

import {
  add,
  at,
  div,
  elementCount,
  fusedLayerNorm,
  fusedRmsNorm,
  gemm,
  meanOfRow,
  mul,
  reshape,
  sqrt,
  sub,
  sumOfRows,
  type Tensor,
} from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';

/** Elements below which one kernel is faster than eight, whose start costs as much as their work (measured on the CPU). */
const FEW = 16_384;

interface Normalised {
  readonly y_RD: Tensor;
  /** The rows before weight and bias; made when asked for. */
  readonly normal_RD: () => Tensor;
  /** Inverse of deviation or root mean square. */
  readonly inverse_R1: Tensor;
}

/** (x - mean) / sqrt(var + epsilon) * weight + bias of every row. */
export function layerNorm(x_RD: Tensor, weight_D: Tensor, bias_D: Tensor, epsilon: number): Tensor {
  const { y_RD, normal_RD, inverse_R1 } = takesOneKernel(x_RD)
    ? layerNormKernel(x_RD, weight_D, bias_D, epsilon)
    : layerNormWrittenOut(x_RD, weight_D, bias_D, epsilon);
  return withGradient(y_RD, {
    inputs: [x_RD, weight_D, bias_D],
    rule: (dy_RD) => {
      const dyNormal_RD = () => mul(dy_RD, normal_RD());
      return [
        () => {
          const along_RD = mul(normal_RD(), weightedMean(dyNormal_RD(), weight_D));
          const w_RD = sub(mul(dy_RD, weight_D), along_RD);
          return mul(sub(w_RD, weightedMean(dy_RD, weight_D)), inverse_R1);
        },
        () => sumOfRows(dyNormal_RD()),
        () => sumOfRows(dy_RD),
      ];
    },
  });
}

/** x / sqrt(mean(x^2) + epsilon) * weight of every row. */
export function rmsNorm(x_RD: Tensor, weight_D: Tensor, epsilon: number): Tensor {
  const { y_RD, normal_RD, inverse_R1 } = takesOneKernel(x_RD)
    ? rmsNormKernel(x_RD, weight_D, epsilon)
    : rmsNormWrittenOut(x_RD, weight_D, epsilon);
  return withGradient(y_RD, {
    inputs: [x_RD, weight_D],
    rule: (dy_RD) => {
      const dyNormal_RD = () => mul(dy_RD, normal_RD());
      return [
        () => {
          const along_RD = mul(normal_RD(), weightedMean(dyNormal_RD(), weight_D));
          return mul(sub(mul(dy_RD, weight_D), along_RD), inverse_R1);
        },
        () => sumOfRows(dyNormal_RD()),
      ];
    },
  });
}

const takesOneKernel = (x_RD: Tensor): boolean => x_RD.graph.device === 'cuda' || elementCount(x_RD.shape) < FEW;

function layerNormKernel(x_RD: Tensor, weight_D: Tensor, bias_D: Tensor, epsilon: number): Normalised {
  const outputs = fusedLayerNorm(x_RD, weight_D, bias_D, epsilon);
  const inverse_R1 = at(outputs, 2);
  return { y_RD: at(outputs, 0), normal_RD: () => mul(sub(x_RD, at(outputs, 1)), inverse_R1), inverse_R1 };
}

function layerNormWrittenOut(x_RD: Tensor, weight_D: Tensor, bias_D: Tensor, epsilon: number): Normalised {
  const centred_RD = sub(x_RD, meanOfRow(x_RD));
  const inverse_R1 = inverseRoot(centred_RD, epsilon);
  const normal_RD = mul(centred_RD, inverse_R1);
  return { y_RD: add(mul(normal_RD, weight_D), bias_D), normal_RD: () => normal_RD, inverse_R1 };
}

function rmsNormKernel(x_RD: Tensor, weight_D: Tensor, epsilon: number): Normalised {
  const outputs = fusedRmsNorm(x_RD, weight_D, epsilon);
  const inverse_R1 = at(outputs, 1);
  return { y_RD: at(outputs, 0), normal_RD: () => mul(x_RD, inverse_R1), inverse_R1 };
}

function rmsNormWrittenOut(x_RD: Tensor, weight_D: Tensor, epsilon: number): Normalised {
  const inverse_R1 = inverseRoot(x_RD, epsilon);
  const normal_RD = mul(x_RD, inverse_R1);
  return { y_RD: mul(normal_RD, weight_D), normal_RD: () => normal_RD, inverse_R1 };
}

/** 1 / sqrt(mean of squares + epsilon) of every row. */
function inverseRoot(x_RD: Tensor, epsilon: number): Tensor {
  const { graph } = x_RD;
  return div(graph.scalar(1), sqrt(add(meanOfRow(mul(x_RD, x_RD)), graph.scalar(epsilon))));
}

/** mean(x * weight) of every row: a product of the matrix with the vector, so that x * weight is never written. */
function weightedMean(x_RD: Tensor, weight_D: Tensor): Tensor {
  const width = at(x_RD.shape, 1);
  return gemm(x_RD, reshape(weight_D, [width, 1]), { alpha: 1 / width });
}
