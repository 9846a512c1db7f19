import { messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'

/** What must be undone, last in first out. Safe to run twice: each step runs once. */
export interface Teardown {
  /** Remembers a step by name; run by {@link Teardown.run} unless it was run before. */
  add(name: string, step: () => Promise<void> | void): void
  /** Runs every step that is left. A step that fails is logged and does not stop the others. */
  run(): Promise<void>
}

export const createTeardown = (log: Logger): Teardown => {
  const steps: { readonly name: string; readonly step: () => Promise<void> | void }[] = []
  return {
    add: (name, step) => {
      steps.push({ name, step })
    },
    run: async () => {
      for (let next = steps.pop(); next !== undefined; next = steps.pop()) {
        try {
          await next.step()
        } catch (error) {
          log.warn({ step: next.name, error: messageOf(error) }, 'clean-up step failed')
        }
      }
    },
  }
}
