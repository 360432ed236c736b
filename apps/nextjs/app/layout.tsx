import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import '@visavox/playground/playground.css';

export const metadata: Metadata = { title: 'SDK Playground — Next.js', icons: 'data:,' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
