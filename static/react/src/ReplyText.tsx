// The text of a reply, as it was written and as Markdown. CSS shows one of them, by data-view.
//
// To parse all of it again for each word would cost more with every word. So it is cut into
// blocks (a paragraph, a list), and one that has not changed is not parsed again. remend() closes
// what is still open, such as `**bo`: that is bold already.
// Where a translator of the browser has put a <font> in its place meanwhile, it is written anew at the end.

import { marked } from "marked";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import { memo, useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remend from "remend";
import { dressCode } from "../../markdown/code_blocks.js";
import { readMath } from "../../markdown/math.js";
import { PLUGINS } from "./asOnPlainPage";

const COMPONENTS: Components = {
  a: ({ href, children }) => <a {...{ href, children }} target="_blank" rel="noreferrer" />,
  li: ({ className, dir, children }) => <li data-task={className} {...{ dir, children }} />, // a class: a task
  input: ({ checked }) => <input type="checkbox" aria-label="Done" checked={checked} disabled />,
  img: ({ alt }) => alt, // in a link
  pre: CodeBlock,
  table: ({ dir, children }) => <div data-table="" dir={dir} tabIndex={0}><table>{children}</table></div>,
};

/** Its bar and its colours are the plain page's: for React they are not there. */
function CodeBlock({ children }: { children?: ReactNode }) {
  const { className = "", children: text } = (children as ReactElement<ComponentProps<"code">>).props;
  const language = className.replace("language-", "");
  const dress = useCallback((block: HTMLElement | null) => {
    if (block) return dressCode(block, block.querySelector("code")!, language);
  }, [language]);
  const code = <code>{String(text).replace(/\n$/, "")}</code>;
  return <div data-code="" key={language} ref={dress}><pre tabIndex={0}>{code}</pre></div>;
}

/** Formulas become code: they are shown as they are written, and Markdown would damage them. */
function keepMath(text: string): string {
  let kept = "";
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const found = readMath(rest, text[at - 1] ?? "", true);
    const math = typeof found === "symbol" ? null : found; // no: there is no more text to wait for
    const part = math ? math.text : /^(`+)[^]*?\1|^[^`$\\]+|^\\?[^]/.exec(rest)![0];
    const isBlock = math?.isDisplay && /^$|\n$/.test(kept);
    kept += isBlock ? `\`\`\`math\n${part}\n\`\`\`\n` : math ? `\`${part}\`` : part;
    at += part.length;
  }
  return kept;
}

const Block = memo(({ text, type }: { text: string; type: string }) => (
  <ReactMarkdown {...PLUGINS} components={COMPONENTS}>
    {type === "code" ? text : keepMath(text)}
  </ReactMarkdown>
));

export const ReplyText = memo(({ text, isLive }: { text: string; isLive: boolean }) => {
  const shown = useDeferredValue(text); // what is typed and clicked meanwhile comes first
  const whole = isLive ? remend(shown, { linkMode: "text-only" }) : shown;
  const markdown = useRef<HTMLDivElement>(null);
  const [isAnew, setAnew] = useState(false);
  useEffect(() => setAnew((is) => is || (!isLive && !!markdown.current!.querySelector("font"))), [isLive]);
  const blocks = marked.lexer(whole).filter(({ type }) => type !== "space");
  return (
    <>
      <div data-text="" translate="no">{text}</div>
      <div className="markdown" data-markdown="" key={String(isAnew)} ref={markdown} translate={isLive ? "no" : "yes"}>
        {blocks.map(({ raw, type }, index) => <Block key={index} text={raw} type={type} />)}
      </div>
    </>
  );
});
