// What a browser has, and Node has not: a document, and URLs that are relative to it. What goes over
// the network is Node's own. The streams are counted.

import { configure } from "@testing-library/react";
import { Window } from "happy-dom";

const page = new Window({ url: process.env.CHATKIT_SERVER ?? "http://127.0.0.1:8000/" });
const { fetch, EventSource } = globalThis;

/** The event streams of the page: how many were opened, those that are open, the most at once. */
export const streams = { opened: 0, open: new Set<EventSource>(), most: 0 };

class CountedEventSource extends EventSource {
  constructor(url: string) {
    super(new URL(url, document.baseURI));
    streams.open.add(this);
    streams.opened += 1;
    streams.most = Math.max(streams.most, streams.open.size);
  }

  override close() {
    super.close();
    streams.open.delete(this);
  }
}

Object.assign(globalThis, {
  window: page,
  document: page.document,
  location: page.location,
  history: page.history,
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
  requestAnimationFrame: page.requestAnimationFrame.bind(page),
  cancelAnimationFrame: page.cancelAnimationFrame.bind(page),
  EventSource: CountedEventSource,
  fetch: (url: string, options: RequestInit) => fetch(new URL(url, document.baseURI), options),
});

configure({ reactStrictMode: true });
