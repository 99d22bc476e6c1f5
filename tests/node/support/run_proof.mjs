// Prove texts with static/client/proof.js.
//
// Standard input: a JSON list of [text, {chars, sha256}]. Standard output: for each what prove()
// says of it.

import { prove } from "../../../static/client/proof.js";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const proofs = JSON.parse(input).map(([text, summary]) => prove(text, summary));
process.stdout.write(JSON.stringify(await Promise.all(proofs)));
