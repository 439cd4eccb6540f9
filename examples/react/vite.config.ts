import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // everwire may be a link to its repository, which has a React of its own
  resolve: { dedupe: ['react', 'react-dom'] },
  server: { fs: { allow: ['.', '../..'] } },
})
