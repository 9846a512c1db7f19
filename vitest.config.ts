import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Every write to an API server, recorded and held against a list of its own: test/support/write-ledger.ts.
    globalSetup: process.env.ROLLPROOF_RECORD_WRITES === undefined ? [] : ['test/support/write-ledger.ts'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.vitest-results.json' }]] : ['default'],
    allowOnly: !process.env.CI,
  },
})
