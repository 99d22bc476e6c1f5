// Show bytes with static/wire/escaped.js.
//
// Standard input: a JSON list of bytes in base64. Standard output: for each the pieces that show
// them, as [kind, text], and the plain text.

import { plain, showBytes } from "../../../static/wire/escaped.js";

function show(encoded) {
  const bytes = Uint8Array.from(Buffer.from(encoded, "base64"));
  return { pieces: showBytes(bytes).map(({ kind, text }) => [kind, text]), plain: plain(bytes) };
}

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
process.stdout.write(JSON.stringify(JSON.parse(input).map(show)));
