// Buttons that are an icon, and `‹ 2/3 ›`.

import { type ComponentProps, useCallback } from "react";
import { setIcon } from "../../shared/icons.js";
import { dispatch } from "./store";

type IconButtonProps = ComponentProps<"button"> & { icon: string; name: string };

/** React knows nothing of the icon: the element is empty for it, and static/shared/ draws into it. */
export function IconButton({ icon, name, className = "bare", ...rest }: IconButtonProps) {
  const draw = useCallback((button: HTMLElement | null) => button && setIcon(button, icon), [icon]);
  return (
    <button type="button" className={className} aria-label={name} title={name} ref={draw} {...rest} />
  );
}

type VersionsProps = { turn: string; of: "message" | "reply"; index: number; count: number };

/** Which of several versions is on screen, and the way to the others. A single one needs no words. */
export function Versions({ turn, of, index, count }: VersionsProps) {
  if (count < 2) return null;
  const step = (step: -1 | 1) => () => dispatch({ type: "step", turn, of, step });
  return (
    <div className="versions" role="group" aria-label={`Version ${index + 1} of ${count}`}>
      <IconButton icon="previous" name="Previous version" disabled={index === 0} onClick={step(-1)} />
      <span>{`${index + 1}/${count}`}</span>
      <IconButton icon="next" name="Next version" disabled={index === count - 1} onClick={step(1)} />
    </div>
  );
}
