import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Two pages, because a content policy holds for a page: the sign-in and the console run under the strictest one, the editor of
// GraphiQL under one that allows what it needs.
export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  build: {
    outDir: 'build', // npm run build packs it into dist
    target: 'es2023',
    assetsInlineLimit: 0, // nothing inline: the policy of the pages allows none
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rollupOptions: {
      input: ['index.html', 'graphiql.html'],
      // Directives of React's compiler, which has run on these packages already.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
  worker: { format: 'iife' }, // one file each: a worker may load nothing further
  // The server that answers while the console is worked on: `tenantgate dev`, then `npm run dev`.
  server: {
    fs: { allow: ['../..'] }, // tests read the schema
    proxy: { '/t/': 'http://localhost:8080', '/admin/graphql': { target: 'http://localhost:8080', ws: true } },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
