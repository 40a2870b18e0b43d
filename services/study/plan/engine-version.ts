// The version of everything that turns a phase's config into numbers: models, systems, tasks, draws, optimizer, kernels' order.
// It is part of every phase key, so raising it makes all phases new. Raise it when a change moves any bit of any result.

export const ENGINE_VERSION = '3';
