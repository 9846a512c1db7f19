import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**', 'node_modules/**'],
    // Whole runs on two cores that others use, too: what takes 20 s alone takes more than a minute there.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // What is polled for comes when it comes: on a busy machine a second is short.
    expect: { poll: { timeout: 120_000 } },
    // Every write to an API server, recorded and held against a list of its own: test/support/write-ledger.ts.
    globalSetup: process.env.ROLLPROOF_RECORD_WRITES === undefined ? [] : ['test/support/write-ledger.ts'],
    setupFiles: ['test/support/seed-properties.ts'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.vitest-results.json' }]] : ['default'],
    allowOnly: !process.env.CI,
  },
})
