import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests read the sources of the sister packages: no build needed before a test.
  ssr: { resolve: { conditions: ['@lvscare/source'] } },
  resolve: { conditions: ['@lvscare/source'] },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/{contract,e2e,fuzz,soak}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
  },
})
