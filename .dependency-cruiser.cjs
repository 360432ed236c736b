/** The import rules of ARCHITECTURE.md: arrows go down, never up, never sideways inside one row. */
const server = '^packages/server/src/';

/** For each folder of the server: the other folders of the server that it may import. */
const mayImport = {
  http: [
    'sessions',
    'turns',
    'routing',
    'tools',
    'knowledge',
    'text',
    'outbound',
    'secrets',
    'pictures',
    'providers',
    'store',
    'telemetry',
    'audio-files',
  ],
  sessions: ['turns', 'routing', 'tools', 'knowledge', 'text', 'media', 'store', 'telemetry'],
  turns: ['routing', 'tools', 'knowledge', 'text', 'providers'],
  routing: ['providers', 'store', 'text', 'telemetry'],
  tools: ['store', 'outbound'],
  knowledge: ['providers', 'store', 'text'],
  'media-process': ['media', 'avatar'],
  providers: ['text', 'audio-files'],
  media: [],
  avatar: [],
  text: [],
  'audio-files': [],
  outbound: [],
  secrets: [],
  pictures: [],
  store: [],
  telemetry: [],
};

const folderRules = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `server-${folder}`,
  comment: `server/src/${folder} may import only: ${allowed.join(', ') || 'nothing of the server'}`,
  severity: 'error',
  from: { path: `${server}${folder}/` },
  to: {
    path: server,
    pathNot: [folder, ...allowed].map((name) => `${server}${name}/`),
  },
}));

const packageRule = (name, allowed, except = '') => ({
  name: `package-${name}`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: `\\.config\\.ts$${except}` },
  to: { path: '^(packages|apps)/', pathNot: [name, ...allowed].map((other) => `^packages/${other}/`) },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...folderRules,
    packageRule('contract', []),
    packageRule('audio', []),
    packageRule('server', ['contract', 'audio'], '|^packages/server/test/'),
    {
      name: 'package-server-tests',
      comment: 'Tests of the server also call it through the SDK',
      severity: 'error',
      from: { path: '^packages/server/test/' },
      to: { path: '^(packages|apps)/', pathNot: '^packages/(server|contract|audio|spekoai-sdk)/' },
    },
    packageRule('speech-espeak', []),
    packageRule('speech-sherpa', []),
    packageRule('cli', ['contract', 'audio', 'perso-interactive-sdk-web']),
    packageRule('perso-interactive-sdk-web', ['contract', 'audio']),
    packageRule('spekoai-sdk', []),
    {
      name: 'apps-use-sdks',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^packages/', pathNot: '^packages/(perso-interactive-sdk-web|spekoai-sdk)/' },
    },
    {
      name: 'vendors-in-one-place',
      comment: 'Libraries that are hidden behind one folder',
      severity: 'error',
      from: {
        path: server,
        pathNot: `${server}(store|media|media-process|avatar|providers|turns|audio-files|pictures)/`,
      },
      to: {
        path: 'node_modules/(@electric-sql|drizzle-orm|pg|@roamhq|@napi-rs|@ai-sdk/openai|mpg123-decoder)',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/\\.svelte-kit/|/\\.next/)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
