/** The import rules of ARCHITECTURE.md: arrows go down, never up, never sideways inside one row. */
const server = '^packages/server/src/';
module.exports = {
  forbidden: [{ name: 'no-circular', severity: 'error', from: {}, to: { circular: true } }],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(node_modules|/dist/)' },
    tsPreCompilationDeps: true,
  },
};
