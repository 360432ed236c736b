import type { NextConfig } from 'next';

// Nothing is sent to the makers of Next.js.
process.env['NEXT_TELEMETRY_DISABLED'] = '1';

const config: NextConfig = {
  devIndicators: false,
  // Sessions are live connections; the second mount of the strict mode would make two of each.
  reactStrictMode: false,
  allowedDevOrigins: ['127.0.0.1'],
};

export default config;
