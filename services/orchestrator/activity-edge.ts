// The outer edge of every activity: errors of the project become ApplicationFailures once, here (docs/design/style.md section 5).

import type { ActivityInterceptors, ActivityInterceptorsFactory } from '@temporalio/worker';
import { toApplicationFailure } from './failures.ts';

/**
 * Interceptor of all activities: whatever they throw reaches the workflow as an ApplicationFailure whose type is the
 * stable code.
 */
export const activityEdge: ActivityInterceptorsFactory = (): ActivityInterceptors => ({
  inbound: {
    execute: async (input, next) => {
      try {
        return await next(input);
      } catch (error) {
        throw toApplicationFailure(error);
      }
    },
  },
});
