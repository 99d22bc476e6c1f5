// Ask static/client/tree.js about trees.
//
// Standard input: a JSON list of [question, argument, turns]: ["path", id], ["newest", ids] or
// ["versions", id]. Standard output: for each the answer; a path as ids.

import { newestFrom, pathTo, versionsOf } from "../../../static/client/tree.js";

const QUESTIONS = {
  path: (leaf, turns) => pathTo(leaf, turns).map(({ id }) => id),
  newest: newestFrom,
  versions: (id, turns) => versionsOf(turns.find((turn) => turn.id === id), turns),
};

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const answers = JSON.parse(input).map(([question, argument, turns]) => {
  return QUESTIONS[question](argument, turns);
});
process.stdout.write(JSON.stringify(answers));
