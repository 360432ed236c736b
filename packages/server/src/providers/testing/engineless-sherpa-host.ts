/** Program that answers like the sherpa-onnx host on a machine without the engine. */
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  // The tests are on the other side.
  const { id } = message as { readonly id: number };
  process.send?.({ id, failure: 'sherpa-onnx-node cannot be loaded' });
});
