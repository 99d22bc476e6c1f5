// Join tabs with static/client/tabs.js.
//
// Standard input: JSON {paths, said, denied}: the path of each tab's page; what is said, in order,
// each [tab, chat]; and whether there are no channels here.
//
// Standard output: what each tab has heard, when each has heard as much as is for it.

import { joinTabs } from "../../../static/client/tabs.js";
import "./deadline.mjs";

let input = "";
for await (const text of process.stdin.setEncoding("utf-8")) input += text;
const { paths, said, denied } = JSON.parse(input);
if (denied) {
  globalThis.BroadcastChannel = class {
    constructor() {
      throw new DOMException("denied", "SecurityError");
    }
  };
}

const heard = paths.map(() => []);
const counts = paths.map((path, tab) => {
  return said.filter(([from]) => from !== tab && paths[from] === path).length;
});
const all = Promise.withResolvers();
const say = paths.map((pathname, tab) => {
  globalThis.location = { pathname };
  return joinTabs((chat) => {
    heard[tab].push(chat);
    if (heard.every((chats, tab) => chats.length >= counts[tab])) all.resolve();
  });
});
for (const [tab, chat] of said) say[tab](chat);
if (!denied) await all.promise;
process.stdout.write(JSON.stringify(heard), () => process.exit());
