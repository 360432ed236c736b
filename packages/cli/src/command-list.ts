/** The commands of `visavox`, each loaded when it is called: what help needs is here. */
import type { Command } from 'commander';
import type { Open } from './program.ts';
import type { Surroundings } from './surroundings.ts';

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Adds the command to the program, perhaps together with related ones. */
  readonly add: (program: Command, open: Open, surroundings: Surroundings) => Promise<void>;
}

const addOrganizations: CommandEntry['add'] = async (program, open) =>
  (await import('./commands/organizations.ts')).addOrganizations(program, open);

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'chat',
    description: 'talk to an AI human in this terminal, by text and voice',
    add: async (program, _open, surroundings) =>
      (await import('./commands/chat.ts')).addChat(program, surroundings),
  },
  { name: 'whoami', description: "the key's organization and role", add: addOrganizations },
  { name: 'usage', description: 'what is used of the limits', add: addOrganizations },
  {
    name: 'organizations',
    description: 'organizations and their limits (operators)',
    add: addOrganizations,
  },
  { name: 'keys', description: 'API keys', add: addOrganizations },
  {
    name: 'prompts',
    description: 'what AI humans are told to be',
    add: async (program, open) => (await import('./commands/prompts.ts')).addPrompts(program, open),
  },
  {
    name: 'documents',
    description: 'what AI humans look things up in',
    add: async (program, open) => (await import('./commands/documents.ts')).addDocuments(program, open),
  },
  {
    name: 'backgrounds',
    description: 'pictures behind AI humans',
    add: async (program, open) => (await import('./commands/prompts.ts')).addBackgrounds(program, open),
  },
  {
    name: 'templates',
    description: 'stored settings of sessions',
    add: async (program, open) => (await import('./commands/templates.ts')).addTemplates(program, open),
  },
  {
    name: 'mcp',
    description: 'tool servers (Model Context Protocol)',
    add: async (program, open) => (await import('./commands/mcp.ts')).addMcp(program, open),
  },
  {
    name: 'normalizations',
    description: 'rules for spoken and recognised text (CSV: locale,kind,pattern,replacement)',
    add: async (program, open) =>
      (await import('./commands/normalizations.ts')).addNormalizations(program, open),
  },
  {
    name: 'sessions',
    description: 'sessions, newest first',
    add: async (program, open) => (await import('./commands/sessions.ts')).addSessions(program, open),
  },
  {
    name: 'models',
    description: 'recognition models on this machine, without a vendor',
    add: async (program, _open, surroundings) =>
      (await import('./commands/models.ts')).addModels(program, surroundings),
  },
  {
    name: 'doctor',
    description: 'find out what is wrong: machine, server, media, database, models and keys',
    add: async (program, _open, surroundings) =>
      (await import('./doctor/doctor.ts')).addDoctor(program, surroundings),
  },
  {
    name: 'providers',
    description: "vendors' keys that the key's organization brought",
    add: async (program, open, surroundings) =>
      (await import('./commands/account.ts')).addProviders(program, open, surroundings),
  },
  {
    name: 'routing',
    description: 'who would serve a call, in which order, and why',
    add: async (program, open) => (await import('./commands/routing.ts')).addRouting(program, open),
  },
  {
    name: 'scores',
    description: "the operator's measurements, by which models are ranked (operators)",
    add: async (program, open, surroundings) =>
      (await import('./commands/scores.ts')).addScores(program, open, surroundings),
  },
  {
    name: 'bench',
    description: 'measure what the server can call',
    add: async (program, open, surroundings) =>
      (await import('./commands/bench.ts')).addBench(program, open, surroundings),
  },
  {
    name: 'credits',
    description: 'credit of an organization',
    add: async (program, open) => (await import('./commands/account.ts')).addCredits(program, open),
  },
];
