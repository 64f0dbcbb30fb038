import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Names without hashes, so that `dist` is committed and a build of the same sources is byte for byte the same.
const stable = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
};

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwind()],
  server: { port: 5173, strictPort: true, proxy: { '/api': 'http://localhost:8080' } },
  worker: { format: 'es', rollupOptions: { output: stable } },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // `--mode kitchen`: every piece on one page, to be looked at; never embedded.
    rollupOptions: { input: mode === 'kitchen' ? 'kitchen.html' : 'index.html', output: stable },
  },
}));
