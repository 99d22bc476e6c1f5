// What went wrong, in words, with a way on.

type Props = { text: string; onRetry: (() => void) | null; isNews?: boolean };

export function Problem({ text, onRetry, isNews = true }: Props) {
  return (
    <div className="problem">
      <p role={isNews ? "alert" : undefined}>{text}</p>
      {onRetry && <button type="button" onClick={onRetry}>Retry</button>}
    </div>
  );
}
