// A server on a port of its own that answers as it is told, and notes what it is asked.

import { once } from "node:events";
import { createServer } from "node:http";

import "./deadline.mjs";

/**
 * Start it. An answer is {status, headers, chunks, then}: after the chunks comes "end", "cut" (the
 * connection breaks), or "wait" (nothing).
 *
 * Returns {base, asked, left}: its URL; the requests, each {method, url, headers, body}; and what
 * is kept as soon as a client has left before the end of its answer.
 */
export async function play({ status = 200, headers = {}, chunks = [], then = "end" }) {
  const asked = [];
  let leave;
  const left = new Promise((resolve) => (leave = resolve));
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const text of request.setEncoding("utf-8")) body += text;
    const { method, url, headers: sent } = request;
    asked.push({ method, url, headers: sent, body });
    response.on("close", () => response.writableFinished || leave());
    response.writeHead(status, headers);
    response.flushHeaders();
    for (const chunk of chunks) await new Promise((taken) => response.write(chunk, taken));
    if (then === "end") response.end();
    if (then === "cut") response.destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { base: `http://127.0.0.1:${server.address().port}/`, asked, left };
}
