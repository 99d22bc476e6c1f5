// The text of a reply, as it was written and as Markdown. CSS shows one of them, by data-view.
//
// To parse all of it again for each word would cost more with every word. So it is cut into
// blocks (a paragraph, a list), and one that has not changed is not parsed again. remend() closes
// what is still open, such as `**bo`: that is bold already.

import { marked } from "marked";
import { type ComponentProps, memo, useDeferredValue } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";

/** The page has h1 and h2 of its own: a reply's begin at h3, and look as large as was written. */
const HEADINGS = [1, 2, 3, 4, 5, 6].map((level) => {
  const Tag = `h${Math.min(level + 2, 6)}` as "h3";
  return [`h${level}`, ({ children }: ComponentProps<"h3">) => <Tag data-level={level}>{children}</Tag>];
});

const COMPONENTS: Components = {
  ...Object.fromEntries(HEADINGS),
  a: ({ href, children }) => <a {...{ href, children }} target="_blank" rel="noreferrer" />,
  li: ({ className, children }) => <li data-task={className}>{children}</li>, // a class: a task
  input: ({ checked }) => <input type="checkbox" aria-label="Done" checked={checked} disabled />,
  img: ({ alt }) => alt, // to load a picture would tell its server who reads
  pre: ({ children }) => <div data-code=""><pre tabIndex={0}>{children}</pre></div>,
  table: ({ children }) => <div data-table="" tabIndex={0}><table>{children}</table></div>,
};

const Block = memo(({ text }: { text: string }) => (
  <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>{text}</ReactMarkdown>
));

export const ReplyText = memo(({ text }: { text: string }) => {
  const shown = useDeferredValue(text); // what is typed and clicked meanwhile comes first
  const blocks = marked.lexer(remend(shown)).filter(({ type }) => type !== "space");
  return (
    <>
      <div data-text="">{text}</div>
      <div className="markdown" data-markdown="">
        {blocks.map(({ raw }, index) => <Block key={index} text={raw} />)}
      </div>
    </>
  );
});
