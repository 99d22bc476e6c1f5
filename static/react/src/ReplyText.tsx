// The text of a reply in two forms: as it was written, which is always there, and as Markdown. CSS
// shows one of them, by data-view.
//
// A reply grows by a word at a time, and to parse all of it again for each word costs more with every
// word. So it is cut into blocks (paragraphs, lists, code), and a block that has not changed is not
// parsed again: memo() compares its text.

import { marked } from "marked";
import { type JSX, memo, useDeferredValue } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";

type Heading = { level: number; as: "h3" | "h4" | "h5" | "h6" };

/** The page's own headings come first: a reply's begin at h3, and look as large as was written. */
function heading({ level, as: Tag }: Heading) {
  return ({ children }: JSX.IntrinsicElements["h1"]) => <Tag data-level={level}>{children}</Tag>;
}

const COMPONENTS: Components = {
  h1: heading({ level: 1, as: "h3" }),
  h2: heading({ level: 2, as: "h4" }),
  h3: heading({ level: 3, as: "h5" }),
  h4: heading({ level: 4, as: "h6" }),
  h5: heading({ level: 5, as: "h6" }),
  h6: heading({ level: 6, as: "h6" }),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  ),
  img: ({ alt }) => <>{alt}</>, // to load a picture would tell its server who reads
  pre: ({ children }) => (
    <div data-code="">
      <pre tabIndex={0}>{children}</pre>
    </div>
  ),
  table: ({ children }) => (
    <div data-table="" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

const Block = memo(({ text }: { text: string }) => (
  <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
    {text}
  </ReactMarkdown>
));

/** remend() closes what is still open, such as `**bo`: it is bold from its first letter on. */
export const ReplyText = memo(({ text }: { text: string }) => {
  const shown = useDeferredValue(text); // what is typed and clicked meanwhile comes first
  const blocks = marked.lexer(remend(shown)).filter(({ type }) => type !== "space");
  return (
    <>
      <div data-text="">{text}</div>
      <div className="markdown" data-markdown="">
        {blocks.map(({ raw }, index) => (
          <Block key={index} text={raw} />
        ))}
      </div>
    </>
  );
});
