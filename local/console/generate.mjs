// Writes src/generated/frames.ts from infra/schemas: the frames' types, and the lists and limits that stand in them.
// With --check it writes nothing and fails where the file is not what would be written.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const FILE = "src/generated/frames.ts";
const schema = (name) => JSON.parse(readFileSync(`../../infra/schemas/${name}.json`, "utf8"));

/** Drop the titles of single fields, of which the compiler would make a type each; what the server always sends is there. */
function plain(node, sent, named = false) {
  if (Array.isArray(node)) return node.map((one) => plain(one, sent));
  if (node === null || typeof node !== "object") return node;
  const made = Object.fromEntries(Object.entries(node)
    .filter(([key, value]) => named || key !== "title" || typeof value !== "string")
    .map(([key, value]) => [key, plain(value, sent, key === "properties" || key === "$defs")]));
  if (sent && made.properties) made.required = Object.keys(made.properties).filter((name) => made.properties[name].default !== null);
  return made;
}

const options = { bannerComment: "", additionalProperties: false, format: true, style: { printWidth: 140 } };
const server = schema("socket-server-v1"), client = schema("socket-client-v1");
const both = { ...plain(client, false).$defs, ...plain(server, true).$defs };
const frames = (of) => ({ oneOf: of.oneOf.map(({ $ref }) => ({ $ref })) });
const types = await compile({ $defs: { ...both, ServerFrame: frames(server), ClientFrame: frames(client) }, type: "object", additionalProperties: false,
  properties: { server: { $ref: "#/$defs/ServerFrame" }, client: { $ref: "#/$defs/ClientFrame" } }, required: ["server", "client"] }, "Protocol", options);

const { Act, Pattern, Severity } = client.$defs;
const limit = (field) => Act.properties[field].anyOf[0].maxLength;
const list = (name, values) => `export const ${name} = ${JSON.stringify(values)} as const;\n`;
const text = `// Made by generate.mjs from infra/schemas: change it there (npm run generate).\n\n${types}
${list("PATTERNS", Pattern.enum)}${list("SEVERITIES", [...Severity.enum].reverse())}${list("VERDICTS", Act.properties.decision.enum)}
export const NOTE_LIMIT = ${limit("note")};\nexport const ORDER_LIMIT = ${limit("order_id")};\n`;

if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error(`${FILE} is stale: run npm run generate`);
  process.exit(1);
}
