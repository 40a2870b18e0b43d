// What a system is: traits, layers, room, parameters, capacity.

export { capacityFloatsPerLatent, channelName } from './capacity.ts';
export { canonicalLayers, exchangedLayers, layersOf } from './layer-selection.ts';
export { layerParameters, type ModelShape, modelShapeSchema, shapeOf } from './model-shape.ts';
export { publicShape } from './public-shapes.ts';
export { siteRoom } from './site-room.ts';
export { type ParameterCounts, parameterCounts } from './system-parameters.ts';
export { computedModel, ownChannel, type SystemTraits, systemTraits, trainsThroughCache } from './system-traits.ts';
