import { defineConfig } from 'vitest/config'

/**
 * Tests against the real cluster of the current kubeconfig context: those of this folder restart `demo` in namespace
 * `demo`, the conformance suite makes a namespace of its own. run.ts starts them.
 */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts', 'test/conformance/**/*.test.ts'],
    env: { ROLLPROOF_CONFORMANCE: 'cluster' },
    testTimeout: 240_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
