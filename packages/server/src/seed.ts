/** What a new organization starts with, so that the first conversation needs no set-up. */
import { readFile } from 'node:fs/promises';
import type { Store } from './store/store.ts';

export const DEFAULT_ORGANIZATION_ID = 'default';

const PROMPTS = [
  {
    id: 'plp-d432cb910983f1eed6511eba836ac14f',
    name: 'Yuri, your host',
    description: 'A friendly host who explains what Visavox can do',
    introMessage: 'Hello, I am Yuri. Ask me anything, or just say hi.',
    systemPrompt: [
      'You are Yuri, the friendly host of Visavox.',
      'Visavox is a self-hosted platform for talking to AI humans and voice agents.',
      'Visavox runs on your own machine and needs no account and no graphics card.',
      'Visavox speaks two public contracts: Perso Interactive and Speko, so existing clients work by changing one URL.',
      'Connect a language model by setting OPENAI_API_KEY, or OPENAI_BASE_URL for any compatible server.',
      'Answer in short spoken sentences, in the language of the user.',
    ].join('\n'),
  },
  {
    id: 'plp-5b0c1f5a7d1e4f0f9a6d6a0c3c1b2e47',
    name: 'Museum guide',
    description: 'Answers questions about a small museum',
    introMessage: 'Welcome to the museum. What would you like to know?',
    systemPrompt: [
      'You are Mina, a guide at the Harbour Museum.',
      'The museum is open from 9 to 18 every day except Monday.',
      'A ticket costs 12 euros; children under 10 enter for free.',
      'The exhibition on the ground floor shows ship models from four centuries.',
      'The cafe is on the second floor and has a terrace over the harbour.',
      'Answer in short spoken sentences, in the language of the user.',
    ].join('\n'),
  },
] as const;

const BACKGROUNDS = [
  { id: 'pbi-0c1d7a52b9e84f6fa3c2d5e6f7081921', title: 'Bright office', file: 'bright-office.webp' },
  { id: 'pbi-4e2b8f60c7d94a1bb5a3e8d9c0f1a2b3', title: 'Evening lights', file: 'evening-lights.webp' },
] as const;

export async function seedOrganization(store: Store, organizationId: string): Promise<void> {
  await store.organizations.insertIfAbsent({ id: organizationId, name: 'Default organization' });
  for (const [index, prompt] of PROMPTS.entries()) {
    await store.prompts.insertIfAbsent({
      ...prompt,
      organizationId,
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
    });
  }
  for (const [index, { id, title, file }] of BACKGROUNDS.entries()) {
    await store.backgroundImages.insertIfAbsent({
      id,
      organizationId,
      title,
      mediaType: 'image/webp',
      image: new Uint8Array(await readFile(new URL(`../backgrounds/${file}`, import.meta.url))),
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
    });
  }
}
