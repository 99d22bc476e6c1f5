// The state of the page: as a line of words, which alone is read aloud, and as an attribute.

/**
 * Returns `{say, setConnection}`. `setConnection(state)` takes "idle" or a state of
 * connection.js, and keeps it in the attribute data-connection of `main`.
 */
export function createStatus(main, line) {
  function say(words) {
    if (line.textContent !== words) line.textContent = words;
  }

  function setConnection(state) {
    const isFirst = main.dataset.connection === "idle";
    main.dataset.connection = state === "offline" ? "waiting" : state;
    if (state === "offline") say("Offline");
    else if (state === "open") say("Generating");
    else if (state === "waiting") say("Reconnecting");
    else if (state === "connecting" && !isFirst) say("Reconnecting");
  }

  return { say, setConnection };
}
