// Standard input: JSON, `base` and a list of `requests`. Standard output: for each the command for a
// shell, and that for Python.

import { asCurl, asHttpx } from "../../../static/wire/commands.js";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const { base, requests } = JSON.parse(input);
const commands = requests.map((request) => [asCurl(request, base), asHttpx(request, base)]);
process.stdout.write(JSON.stringify(commands));
