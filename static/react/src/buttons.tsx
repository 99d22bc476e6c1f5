// Buttons that are an icon, and `‹ 2/3 ›`.

import { type ComponentProps, useCallback } from "react";
import { versionsOf } from "../../client/tree.js";
import { setIcon } from "../../shared/icons.js";
import { dispatch, useChat } from "./store";

/** For React the button is empty: static/shared/ draws the icon into its element. */
export function IconButton({ icon, name, ...rest }: ComponentProps<"button"> & { icon: string }) {
  const draw = useCallback((it: Element | null) => void (it && setIcon(it, icon)), [icon]);
  return <button type="button" className="bare" aria-label={name} title={name} ref={draw} {...rest} />;
}

/** Which version of a turn's message or reply is on screen, and the way to the others. */
export function Versions({ turn, of }: { turn: string; of: "message" | "reply" }) {
  const says = useChat(({ turns }) => {
    const found = turns.find(({ id }) => id === turn);
    if (!found) return "1/1"; // the chat has been left, and this will be gone with the next frame
    const { index, all } = versionsOf(found, turns)[of];
    return `${index + 1}/${all.length}`;
  });
  const [number, count] = says.split("/");
  const step = (step: -1 | 1) => () => dispatch({ type: "step", turn, of, step });
  if (count === "1") return null;
  return (
    <div className="versions" role="group" aria-label={`Version ${number} of ${count}`}>
      <IconButton icon="previous" name="Previous version" disabled={number === "1"} onClick={step(-1)} />
      <span>{says}</span>
      <IconButton icon="next" name="Next version" disabled={number === count} onClick={step(1)} />
    </div>
  );
}
