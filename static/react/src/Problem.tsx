// What went wrong, in words, with a way on.

type Props = { text: string; onRetry: (() => void) | null; isAloud?: boolean };

export function Problem({ text, onRetry, isAloud = true }: Props) {
  return (
    <div className="problem">
      <p role={isAloud ? "alert" : undefined}>{text}</p>
      {onRetry && <button type="button" onClick={onRetry}>Retry</button>}
    </div>
  );
}
