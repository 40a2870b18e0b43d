// What a system is: traits, layers, room, parameters, capacity.

export { capacityFloatsPerLatent, channelName } from './capacity.ts';
export { canonicalLayers, exchangedLayers, layersOf } from './layer-selection.ts';
export { type ModelShape, modelShapeSchema, shapeOf } from './model-shape.ts';
export {
  FLOAT_BYTES,
  layerParameters,
  modelParameters,
  modelTensors,
  OWN_HEAD,
  TOKEN_EMBEDDING,
} from './model-tensors.ts';
export { publicShape } from './public-shapes.ts';
export { siteRoom } from './site-room.ts';
export {
  type DescribedSystem,
  type ParameterCounts,
  type ParameterGroup,
  parameterCounts,
  STEP_DECODER,
  type SystemTensor,
  stepDecoderLayers,
  systemTensors,
} from './system-tensors.ts';
export { computedModel, ownChannel, type SystemTraits, systemTraits, trainsThroughCache } from './system-traits.ts';
