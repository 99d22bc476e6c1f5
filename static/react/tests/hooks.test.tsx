// The hooks in StrictMode, with a server that says what it is told, a character at a time:
// CHATKIT_SERVER names it, or it is a `chatkit serve`.

import { act, renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTurn } from "../../client/server.js";
import { store, useChat, useChatByFrame } from "../src/store";
import { useAddress } from "../src/useAddress";
import { useTurnStream } from "../src/useTurnStream";
import { streams } from "./browser";

const LONG = "It goes on until nobody reads it any more. ".repeat(100);
const patient = { timeout: 60_000 };

beforeEach(() => Object.assign(streams, { opened: 0, most: 0 }));
afterEach(() => act(() => store.dispatch({ type: "show", chat: null })));

test("a turn's stream: opened twice by StrictMode, never two at once, closed at the end", async () => {
  const { turn } = await startTurn({ message: "Hello there" });
  const { result } = renderHook(() => useTurnStream(turn));
  await waitFor(() => expect(result.current.turn.status).toBe("done"), patient);
  expect(result.current.turn.text).toBe("Hello there");
  expect(streams).toMatchObject({ opened: 2, most: 1 });
  expect(streams.open.size).toBe(0);
});

test("another turn: its own stream; no component: none", async () => {
  const [one, two] = [await startTurn({ message: LONG }), await startTurn({ message: LONG })];
  const { result, rerender, unmount } = renderHook(({ id }) => useTurnStream(id), {
    initialProps: { id: one.turn },
  });
  await waitFor(() => expect(result.current.connection).toBe("open"), patient);
  rerender({ id: two.turn });
  await waitFor(() => expect(result.current.connection).toBe("open"), patient);
  expect([...streams.open].map(({ url }) => url.includes(two.turn))).toEqual([true]);
  unmount();
  expect(streams.open.size).toBe(0);
  expect(streams.most).toBe(1);
});

test("two components, one stream; each renders when its part changes", async () => {
  const phases: string[] = [];
  renderHook(() => phases.push(useChat((state) => state.phase)));
  const { result } = renderHook(() => useChatByFrame());
  await act(() => store.dispatch({ type: "send", message: "Hello there" }));
  await waitFor(() => expect(result.current.turns[0].status).toBe("done"), patient);
  expect(result.current.turns[0].text).toBe("Hello there");
  expect(streams).toMatchObject({ opened: 1, most: 1 });
  expect([...new Set(phases)]).toEqual(["ready", "sending", "streaming"]);
  expect(phases.length).toBeLessThan(2 * 5); // not once for each of the eleven pieces
});

test("the address: named when the chat is, and read once", async () => {
  renderHook(() => useAddress());
  await act(() => store.dispatch({ type: "send", message: "Hi" }));
  const { chat } = store.state;
  expect(location.search).toBe(`?chat=${chat}`);
  await act(() => store.dispatch({ type: "show", chat: null }));
  expect(location.search).toBe("");
});
