import { defineConfig } from 'vitest/config'

/** Tests against the real cluster of the current kubeconfig context. They restart `demo` in namespace `demo`. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
