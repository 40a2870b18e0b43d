// What is done to a stack and when: a pure function of the seed. Injections are drawn from a shuffled round that holds every kind at least once, so
// that a run of one round has seen all of them.

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { LINK_FAULTS, type LinkFault } from './link.ts';

export type Target =
  | { readonly what: 'trainer'; readonly node: number; readonly slot: number }
  | { readonly what: 'worker'; readonly node: number }
  | { readonly what: 'orchestrator'; readonly replica: number }
  | { readonly what: 'temporal' }
  | { readonly what: 'postgres' };

export type Injection =
  | { readonly kind: 'kill'; readonly target: Target }
  /** SIGSTOP, and SIGCONT after `forMs`. */
  | { readonly kind: 'suspend'; readonly target: Target; readonly forMs: number }
  /** On all links of a node, or of an orchestrator to all nodes. */
  | {
      readonly kind: 'network';
      readonly target: Extract<Target, { readonly what: 'worker' | 'orchestrator' }>;
      readonly fault: LinkFault;
      readonly forMs: number;
    };

export interface PlannedInjection {
  /** Since the start of the chaos. */
  readonly atMs: number;
  readonly injection: Injection;
}

export interface InjectionPlan {
  readonly seed: number;
  readonly durationMs: number;
  /** Mean; the gaps are uniform from half to one and a half of it. */
  readonly everyMs: number;
  readonly nodes: number;
  readonly slotsPerNode: number;
  readonly replicas: number;
}

const TARGETS = ['trainer', 'worker', 'orchestrator', 'temporal', 'postgres'] as const;
const NETWORK_TARGETS = ['worker', 'orchestrator'] as const;
/** Trainers and workers are many, and die more often than the rest. */
const MORE_KILLS = ['trainer', 'trainer', 'worker', 'worker'] as const;

const SUSPENDED_MS = [1_500, 15_000] as const;
const DISTURBED_MS = [1_500, 18_000] as const;

/** Kinds of injections, `kill trainer` and so on; every round holds all of them. */
export const INJECTION_KINDS: readonly string[] = [
  ...TARGETS.flatMap((what) => [`kill ${what}`, `suspend ${what}`]),
  ...LINK_FAULTS.flatMap((fault) => NETWORK_TARGETS.map((what) => `${fault} ${what}`)),
];

export const INJECTIONS_PER_ROUND: number = INJECTION_KINDS.length + MORE_KILLS.length;

export function kindOf(injection: Injection): string {
  return `${injection.kind === 'network' ? injection.fault : injection.kind} ${injection.target.what}`;
}

/** In the order of time. */
export function planInjections(plan: InjectionPlan): readonly PlannedInjection[] {
  const random = xoroshiro128plus(plan.seed);
  const below = (count: number): number => uniformInt(random, 0, count - 1);
  const between = ([from, to]: readonly [number, number]): number => uniformInt(random, from, to);
  const aim = (what: Target['what']): Target => {
    switch (what) {
      case 'trainer':
        return { what, node: below(plan.nodes), slot: below(plan.slotsPerNode) };
      case 'worker':
        return { what, node: below(plan.nodes) };
      case 'orchestrator':
        return { what, replica: below(plan.replicas) };
      case 'temporal':
      case 'postgres':
        return { what };
    }
  };
  const round = (): readonly Injection[] => {
    const injections: Injection[] = [
      ...[...TARGETS, ...MORE_KILLS].map((what): Injection => ({ kind: 'kill', target: aim(what) })),
      ...TARGETS.map((what): Injection => ({ kind: 'suspend', target: aim(what), forMs: between(SUSPENDED_MS) })),
      ...LINK_FAULTS.flatMap((fault): readonly Injection[] => [
        { kind: 'network', fault, target: { what: 'worker', node: below(plan.nodes) }, forMs: between(DISTURBED_MS) },
        {
          kind: 'network',
          fault,
          target: { what: 'orchestrator', replica: below(plan.replicas) },
          forMs: between(DISTURBED_MS),
        },
      ]),
    ];
    // Fisher and Yates
    for (let last = injections.length - 1; last > 0; last--) {
      const other = below(last + 1);
      const [a, b] = [injections[last], injections[other]];
      if (a !== undefined && b !== undefined) [injections[last], injections[other]] = [b, a];
    }
    return injections;
  };
  const planned: PlannedInjection[] = [];
  const gap: readonly [number, number] = [Math.round(plan.everyMs / 2), Math.round(1.5 * plan.everyMs)];
  let atMs = 0;
  for (;;) {
    for (const injection of round()) {
      atMs += between(gap);
      if (atMs > plan.durationMs) return planned;
      planned.push({ atMs, injection });
    }
  }
}
