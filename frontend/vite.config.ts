import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { compress } from './build/compress.ts';

const endpoint = `http://localhost:${process.env.BANK_GRAPHQL_PORT ?? '8888'}`;
// Also /graphql-ws. The endpoint lets in the origins that it lists, its own among them; this port is any that was free.
const proxy = { '/graphql': { target: endpoint, ws: true, headers: { origin: endpoint } } };

export default defineConfig({
  plugins: [svelte(), svelteTesting(), compress()],
  build: {
    target: 'es2022',
    // The content security policy lets nothing inline in.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy, port: 8181, fs: { allow: ['.', '../graphql-endpoint'] } },
  preview: { proxy, port: 8181 },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test-setup.ts'],
    // A document of its own for each file takes longer than the tests in it.
    isolate: false,
  },
});
