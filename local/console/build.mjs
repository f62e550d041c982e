// Bundles the page into dist/ (or, with --tests, the tests into build/test/). Node is needed here and nowhere else.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 250 * 1024; // all that an operator's browser loads, gzipped
const AUDIT_LIMIT = 40 * 1024; // all that an officer's does
const TARGET = ["chrome111", "firefox115", "safari16.4"];
const CHARTS = "node_modules/lightweight-charts";

if (process.argv.includes("--tests")) {
  rmSync("build/test", { recursive: true, force: true });
  const entryPoints = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({ entryPoints, outdir: "build/test", bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" }, logLevel: "warning" });
} else {
  await bundle();
}

async function bundle() {
  rmSync("dist", { recursive: true, force: true });
  mkdirSync("dist");
  const options = { outdir: "dist", entryNames: "[name]-[hash]", bundle: true, minify: true, format: "esm", target: TARGET, legalComments: "inline", metafile: true, logLevel: "warning" };
  const made = await build({ ...options, entryPoints: ["src/boot.ts", "src/console.css"], chunkNames: "[name]-[hash]", splitting: true });
  const audit = await build({ ...options, entryPoints: ["src/compliance.ts", "src/compliance.css"] });
  // The worker keeps its name: it never changes, and the page must find it.
  await build({ entryPoints: ["src/beat.ts"], outdir: "dist", bundle: true, minify: true, format: "esm", target: TARGET, logLevel: "warning" });
  const outputs = { ...made.metafile.outputs, ...audit.metafile.outputs };
  const file = (source) => Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source)[0].replace("dist/", "");
  const shared = Object.keys(outputs).find((name) => name.startsWith("dist/chunk-")).replace("dist/", ""); // what the start and the program both use
  const page = readFileSync("src/index.html", "utf8")
    .replace("boot.js", file("src/boot.ts")).replace("shared.js", shared).replace("main.js", file("src/main.ts")).replace("console.css", file("src/console.css")).replace("STYLE_HASH", attributionStyle());
  writeFileSync("dist/index.html", page);
  for (const name of ["manifest.webmanifest", "icon-192.png", "icon-512.png"]) copyFileSync(`src/${name}`, `dist/${name}`);
  const auditPage = readFileSync("src/compliance.html", "utf8")
    .replace("main.js", file("src/compliance.ts")).replace("console.css", file("src/console.css")).replace("compliance.css", file("src/compliance.css"));
  writeFileSync("dist/compliance.html", auditPage);
  await bundleWorker(readdirSync("dist").filter((name) => !name.startsWith("compliance") && name !== "index.html"), page);
  writeFileSync("dist/NOTICE.txt", `${readFileSync("NOTICE.txt", "utf8")}\n${readFileSync(`${CHARTS}/LICENSE`, "utf8")}`);
  const size = (names) => names.reduce((sum, name) => sum + gzipSync(readFileSync(`dist/${name}`), { level: 9 }).length, 0);
  const ours = readdirSync("dist").filter((name) => /\.(js|css|html)$/.test(name));
  const total = size(ours.filter((name) => !name.startsWith("compliance")));
  if (total > LIMIT) throw new Error(`the page is ${total} bytes gzipped, its limit ${LIMIT}`);
  const officers = size(["compliance.html", ...["src/compliance.ts", "src/compliance.css", "src/console.css"].map(file)]);
  if (officers > AUDIT_LIMIT) throw new Error(`the compliance page is ${officers} bytes gzipped, its limit ${AUDIT_LIMIT}`);
  writeFileSync("dist/size.json", `{"gzip_bytes":${total}}\n`);
  console.log(`· the console: ${(total / 1024).toFixed(0)} KB gzipped`);
}

/** The service worker keeps its name; what it keeps is the page and its files, under a version of their names. */
async function bundleWorker(files, page) {
  const shell = ["/", ...files.sort().map((name) => `/${name}`)];
  const version = createHash("sha256").update(JSON.stringify(shell)).update(page).digest("hex").slice(0, 16);
  const define = { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) };
  await build({ entryPoints: ["src/sw.ts"], outdir: "dist", bundle: true, minify: true, format: "iife", target: TARGET, define, logLevel: "warning" });
}

/** The hash of the one style the chart library writes into the page (its logo's), for the page's policy to allow. */
function attributionStyle() {
  const source = readFileSync(`${CHARTS}/dist/lightweight-charts.production.mjs`, "utf8");
  const style = /innerText="(a#tv-attr-logo\{[^"]+)"/.exec(source);
  if (!style) throw new Error("the chart library's logo has another style now: look at build.mjs");
  return `sha256-${createHash("sha256").update(style[1]).digest("base64")}`;
}
