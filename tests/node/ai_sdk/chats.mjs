// Chats of the AI SDK, unmodified, in the hands of a test: with its own transport, which talks to
// the server, and without a framework for pages.
//
// A line of standard input is a call, as JSON: [chat, what, ...values]. What it gives back is a
// line of standard output.
//
//   ["a", "open", api, id, messages]   a chat "a"; api: the URL of the server's chat
//   ["a", "send", text]                these four begin, and give nothing back
//   ["a", "regenerate"]
//   ["a", "resume"]
//   ["a", "edit", id, text]            instead of the message with this id
//   ["a", "stop"]                      lets go of the reply that is being read
//   ["a", "shown"]                     what a page would show: {status, error, messages}; `busy`,
//                                      whether the SDK still works on what was begun; and `ends`,
//                                      what it said at the end of each reply

import { createInterface } from "node:readline";

import { AbstractChat, DefaultChatTransport } from "ai";

/** What the SDK leaves to each framework: where the messages are kept. */
class State {
  status = "ready";
  error = undefined;
  snapshot = structuredClone;

  constructor(messages) {
    this.messages = messages;
  }

  pushMessage(message) {
    this.messages = [...this.messages, structuredClone(message)];
  }

  popMessage() {
    this.messages = this.messages.slice(0, -1);
  }

  replaceMessage(index, message) {
    this.messages = this.messages.with(index, structuredClone(message));
  }
}

class Chat extends AbstractChat {
  busy = false;
  ends = [];

  constructor(api, id, messages = []) {
    super({
      id,
      state: new State(messages),
      transport: new DefaultChatTransport({ api }),
      onFinish: ({ isAbort, isDisconnect, isError, finishReason }) =>
        this.ends.push({ isAbort, isDisconnect, isError, reason: finishReason ?? null }),
    });
  }
}

const chats = new Map();

const CALLS = {
  open: (name, ...values) => void chats.set(name, new Chat(...values)),
  send: (name, text) => begin(name, (chat) => chat.sendMessage({ text })),
  edit: (name, messageId, text) => begin(name, (chat) => chat.sendMessage({ text, messageId })),
  regenerate: (name) => begin(name, (chat) => chat.regenerate()),
  resume: (name) => begin(name, (chat) => chat.resumeStream()),
  stop: (name) => chats.get(name).stop(),
  shown(name) {
    const { status, error, messages, busy, ends } = chats.get(name);
    return { status, error: error?.message ?? null, messages, busy, ends };
  },
};

function begin(name, act) {
  const chat = chats.get(name);
  chat.busy = true;
  act(chat).finally(() => (chat.busy = false));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, call, ...values] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify((await CALLS[call](name, ...values)) ?? null)}\n`);
}
