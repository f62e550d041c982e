// Loaded into Playwright's driver for Firefox ESR, which refuses one command that the driver sends for every page: the
// override of the colour scheme. A harmless command goes in its place, and the browser keeps its own scheme.
const Module = require("node:module");

const compile = Module.prototype._compile;
Module.prototype._compile = function (source, file, ...rest) {
  const asked = file.endsWith("coreBundle.js") ? source.replaceAll('"emulation.setMediaFeaturesOverride"', '"session.status"') : source;
  return compile.call(this, asked, file, ...rest);
};
