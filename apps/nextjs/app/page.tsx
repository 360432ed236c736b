import { connection } from 'next/server';
import { Playground } from '../components/playground.tsx';
import { apiServer } from '../lib/server/settings.ts';

export default async function Page() {
  // The address comes from the environment of the running server, not from that of the build.
  await connection();
  return <Playground docsUrl={`${apiServer()}/docs`} />;
}
