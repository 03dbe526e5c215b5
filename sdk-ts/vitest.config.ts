import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    globalSetup: ['test/support/global.ts'],
    typecheck: { enabled: false },
    testTimeout: process.env['INOS_SDK_CUTS'] ? 600_000 : 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
