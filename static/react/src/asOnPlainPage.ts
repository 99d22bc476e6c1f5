// What is below react-markdown, remark and rehype, told to read a reply as the plain page does.

import type { ExtraProps } from "react-markdown";
import remarkGfm from "remark-gfm";
import { directionOf } from "../../markdown/direction.js";
import { safeUrl } from "../../markdown/urls.js";

type Part = NonNullable<ExtraProps["node"]>["children"][number];

/** A definition (of a link, of a footnote) is text: else it would be seen nowhere. */
function withoutDefinitions(this: { data(): object }) {
  const { micromarkExtensions } = this.data() as { micromarkExtensions: object[] };
  micromarkExtensions.push({ disable: { null: ["definition", "gfmFootnoteDefinition"] } });
}

/** Each block has its direction. An unsafe link is text, as written; an image is a link, not loaded. */
const dressAll = () => (tree: { children: Part[] }, file: unknown) => {
  const dress = (part: Part, around: string): Part => {
    if (part.type !== "element") return part;
    const { tagName, properties, position } = part;
    if (tagName === "a" || tagName === "img") {
      const href = safeUrl(String(properties.href ?? properties.src));
      if (!href) return text(String(file).slice(position!.start.offset, position!.end.offset));
      const children = tagName === "a" ? part.children : [text(String(properties.alt))];
      return { ...part, tagName: "a", properties: { href }, children };
    }
    if (/^h\d$/.test(tagName)) {
      properties.dataLevel = tagName[1]; // it looks as large as was written
      part.tagName = `h${Math.min(Number(tagName[1]) + 2, 6)}`; // the page has h1 and h2 of its own
    }
    const isBlock = /^(p|h\d|[ou]l|li|blockquote|table)$/.test(tagName);
    const direction = (isBlock && directionOf(textOf(part))) || around;
    if (direction !== around) properties.dir = direction;
    part.children = part.children.map((inner) => dress(inner, direction));
    return part;
  };
  tree.children = tree.children.map((part) => dress(part, "ltr"));
};

const text = (value: string): Part => ({ type: "text", value });

const textOf = (part: Part): string =>
  part.type === "element" ? part.children.map(textOf).join("") : part.value;

export const PLUGINS = { remarkPlugins: [remarkGfm, withoutDefinitions], rehypePlugins: [dressAll] };
