"""Markdown documents, one or more for each construct, and what the page renders otherwise."""

from typing import NamedTuple

PARAGRAPHS = [
    "",
    "one",
    "one\ntwo",
    "one\n\ntwo",
    "  one\n     two",
    "one  \ntwo   \nthree",
    "one\\\ntwo\\",
    "one \ntwo",
    "\n\n  \n one \n\n",
    "one\r\ntwo\rthree\r\n\r\nfour",
    "é 中文 🦊 e\u0301 \u200d \u2028 .",
]
HEADINGS = [
    "# one\n## two\n### three\n#### four\n##### five\n###### six\n####### seven",
    "#\n##  \n### ###",
    "# one #\n## two ##  \n### three #x\n#### four\\#\n# five#",
    "#no\n\n\\# no\n\n    # no",
    "   # one *two* `three`",
    "text\n# heading\ntext",
    "#\tone",
]
EMPHASIS = [
    "*one* _two_ **three** __four__ ***five*** ___six___",
    "snake_case_name and __init__.py",
    "2*3*4 and 2 * 3 * 4",
    "**bold**text and text**bold**",
    "**bold** (*a*) “*b*” —*c*— *d*.",
    "**unclosed and *more",
    "*a **b* c**",
    "**a *b** c*",
    "***a** b*",
    "***a* b**",
    "**a*b**",
    "*a**b*",
    "*(**a**)*",
    "* a*",
    "**a\nb**",
    "_a_b_ _c_",
    "*a*b*c*",
    "****a****",
    "*a_b*c_",
    "**\u00a0a**",
    "中文**粗体**中文",
    "🦊*a*🦊_b_🦊",
    "\\*a* *b\\* c*",
    "**Note:** a, *b*; **c**!",
    "*a `*` b*",
    "a * b _ c ** d",
    "_(a)_b",
]
CODE_SPANS = [
    "`a` ``b`` ``` c ```",
    "`` `a` `` and `` a`b ``",
    "` a ` `  ` ` a`",
    "`*a*` `[b](c)` `\\` `<b>` `&amp;`",
    "`a\nb`",
    "`unclosed **a**",
    "``a` b",
    "*a `b*`",
    "`a``b`",
]
FENCES = [
    "```\ncode\n```",
    "```py\nprint(1)\n\n  x\n```\nafter",
    "~~~ js {1,2}\na\n~~~",
    "````\n```\n````",
    "```\n~~~\n```",
    "```\nnever closed\n\n",
    "```\n```",
    "```\n\n\n```",
    "  ```\n    a\n  b\n c\n  ```",
    "```a`b\nc",
    "``` a&amp;b\\*\nx\n```",
    "text\n```\ncode\n```\ntext",
    "```\na\n   ```  \nb",
    "```\na\n    ```\nb\n```x\n```",
    "~~~\n`a` **b** <c>\n\ttab\n~~~",
    "```\n**a**\n# b\n- c\n> d\n1. e\n***\n```",
]
INDENTED_CODE = [
    "    one\n      two\n\n\n    three\n\nfour",
    "text\n    not code",
    "\tone\n  \ttwo",
    "    a\n# b\n    c",
]
LISTS = [
    "- a\n- b\n- c",
    "* a\n+ b\n- c",
    "1. a\n2. b\n10. c",
    "3) a\n1. b",
    "0. a",
    "123456789. a\n\n1234567890. b",
    "- a\n\n- b",
    "- a\n\n\n- b\n- c",
    "- a\n  - b\n    - c\n- d",
    "- a\n  - b\n\n  - c\n- d",
    "- a\n\n  b\n- c",
    "- a\n  b\nc",
    "1. a\n   - b\n   - c\n2. d",
    "1. a\n  - b",
    "- a\n- \n- b",
    "-\n  a\n-\n\n  b",
    "- a\n\ntext\n\n- b",
    "text\n- a\n2. b",
    "text\n1. a",
    "text\n2. a",
    "text\n-",
    "- # heading\n- > quote\n- ---\n- ```\n  code\n  ```\n- - - a",
    "1. a\n\n   ```py\n   x\n     y\n   ```\n\n2. b",
    "-    a\n\n     b\n-     code",
    "- a\n > b\n- c",
    "- a\n    - b\n        - c",
    "   - a\n  - b\n - c\n- d",
    "- a\n - b\n  - c\n   - d\n    - e",
    "-\ta\n-\t\tb\n1.\tc",
    "- a\n\n      code\n- b",
    "- **a**: b\n- `c`: d\n- [e] f\n- [ ]\n- [x]g",
    "* * *\n* a",
    "1986\\. A great year\n\n1986. A year",
]
QUOTES = [
    "> a\n> b",
    ">a\n>   b",
    "> a\nlazy",
    "> a\n\n> b",
    "> a\n>\n> b",
    "> > a\n> b",
    ">>> a",
    "> - a\n> - b\nlazy\n>\n> - c",
    "> ```\n> a\n> ```\n> b",
    "> ```\na",
    "> # a\n---",
    ">",
    ">     code",
    "- > a\n  >\n- b",
    "text\n> quote",
]
RULES = [
    "---\n***\n___",
    "- - -",
    " **  * ** * ** * **",
    "--\n**\n__",
    "a\n***\nb",
    "_____a",
    "+++",
]
LINKS = [
    "[a](http://x.org) [b](https://x.org/a?b=c&d#e) [c](mailto:a@b.org)",
    '[a](http://x.org "title") [b](http://x.org \'ti"tle\') [c](http://x.org (ti\\)tle))',
    "[a](<http://x.org/a b>) [b]( http://x.org\n'c' )",
    "[a](http://x.org/(b)/c) [d](http://x.org/a\\)b) [e](mailto:(b)",
    "[**a** `b](c)` *d*](http://x.org)",
    "[a [b] c](http://x.org) [a [b](http://x.org) c](mailto:y)",
    "*[a*](http://x.org)* **[b](http://x.org)**",
    "[a](mailto:x",
    "[a](mailto:x 'b",
    "[a] (mailto:x) [b][c] [d] [1]",
    "[](http://x.org) a[0] [0, 1) **b**",
    "\\[a](mailto:x) [a\\]](http://x.org) [a]\\(b)",
    "[a](http://x.org/&amp;%20%6a) [b](http://x.org/ü)",
    "<http://x.org/a_b_c> <MAILTO:a@b.org> <a.b-c@d.org> <not a link> < mailto:x>",
    "xhttp://x.org http:// ftp://x.org www. a@b.org",
    "![a](http://x.org/p.png) ![a *b* `c`](http://x.org 'd') ![a](",
    "[![a](http://x.org/p.png) b](http://y.org)",
    "!\\[a](mailto:x) !a ![b]",
    "[a\nb](http://x.org)",
    "[a](http://x.org)[b](http://y.org)(c)",
]
ESCAPES = [
    "\\!\\\"\\#\\$\\%\\&\\'\\(\\)\\*\\+\\,\\-\\.\\/\\:\\;\\<\\=\\>\\?\\@\\[\\\\\\]\\^\\_\\`\\{\\|\\}\\~",
    "\\a \\é \\1 a\\",
    "&amp; &lt;b&gt; &quot; &copy; &mdash; &hellip; &nbsp;. &rarr;",
    "&#65; &#x41; &#X1F98A; &#0; &#xD800; &#9999999;",
    "& &; &#; &#x; &amp &nosuchname; &a b; AT&T",
    "\\&amp; &#42;a*",
    "\\- a\n\n\\> b\n\n1\\. c\n\n\\`\\`\\`",
]
HTML = ["<b>a</b> <br> <!-- c --> <a href='b'>", "<div>\n*a*\n</div>", "a < b > c <", "<b", "</b>"]
TABLES = [
    "| a | b |\n|---|---|\n| c | d |\n| e | f |",
    "a|b\n:-|-:\nc|d",
    "| a | b | c | d |\n| :-- | :-: | --: | - |\n| **e** | `f` | [g](http://x.org) | h |",
    "| a | b |\n| - | - |\n| c |\n| d | e | f |\ng",
    "| a \\| b | `c \\| d` |\n|---|---|\n| \\\\ | \\* |",
    "text\nmore\n| a |\n|---|\n| b |\n\ntext",
    "| a | b |\n|---|\n| c |",
    "a | b\ntext\n---|---",
    "- | a | b |\n  |---|---|\n  | c | d |\n- e",
    "> | a |\n> |---|\n> | b |\ntext",
    "| a |\n|---|\n| b |\n# c\n| d |\n|---|\n- e",
]
REPLIES = [
    "Sure! Here's how:\n\n1. **Install** it:\n   ```bash\n   pip install x\n   ```\n"
    "2. **Run** it:\n\n   ```python\n   import x\n\n   x.run()\n   ```\n\n   It prints `42`.\n"
    "3. Done 🎉\n\n---\n\n### Notes\n\n- Works on *all* systems\n- See [the docs](https://x.org/a_b)\n",
    "**Answer:** 3 * 4 = 12, so `f(x) = x**2`.\n\n> **Tip:** use `__init__`.\n> It's *short*.\n\n"
    "| Name | Value |\n|:-----|------:|\n| a_b  | 1     |\n| `c`  | **2** |\n\nThat's all.",
    "The fox:\n* quick\n* brown\n    * very\n    * really\n* 狐\n\nEnd of *list* **now**",
]
DOCUMENTS = [
    *PARAGRAPHS, *HEADINGS, *EMPHASIS, *CODE_SPANS, *FENCES, *INDENTED_CODE, *LISTS, *QUOTES,
    *RULES, *LINKS, *ESCAPES, *HTML, *TABLES, *REPLIES,
]  # fmt: skip


class Difference(NamedTuple):
    """A document that the page renders on purpose as `html`, and CommonMark otherwise."""

    reason: str
    document: str
    html: str


UNSAFE = "only http, https and mailto URLs are links"
LATER = "what comes later does not change a block that is finished"
LIMITED = "what is not closed within 2,000 characters is text, so that a piece has a bounded cost"
NESTED = "what is in one another has a bounded depth"
DIFFERENCES = [
    Difference(LATER, "a\n===", "<p>a\n===</p>"),
    Difference(LATER, "a\n---", "<p>a</p><hr>"),
    Difference(LATER, "[a]\n\n[a]: mailto:x", "<p>[a]</p><p>[a]: mailto:x</p>"),
    Difference(UNSAFE, "[a](/b)", "<p>[a](/b)</p>"),
    Difference(UNSAFE, "[a]()", "<p>[a]()</p>"),
    Difference(UNSAFE, "[a](http://)", "<p>[a](http://)</p>"),
    Difference(UNSAFE, "<ftp://x.org>", "<p>&lt;ftp://x.org&gt;</p>"),
    Difference(
        "a link has no links in it",
        "[a <http://x.org>](http://y.org)",
        "<p><a href='http://y.org/'>a http://x.org</a></p>",
    ),
    Difference("only entities in use are known", "&nvap;", "<p>&amp;nvap;</p>"),
    Difference(LIMITED, f"`{'a' * 2000}`", f"<p>`{'a' * 2000}`</p>"),
    Difference(LIMITED, f"[a](mailto:{'a' * 2000})", f"<p>[a](mailto:{'a' * 2000})</p>"),
    Difference(LIMITED, f"{'*' * 9}a{'*' * 9}", f"<p>{'*' * 9}a{'*' * 9}</p>"),
    Difference(
        NESTED,
        "*a " * 17 + "b*" * 17,
        "<p>*a " + "<em>a " * 16 + "b" + "</em>b" * 15 + "</em>b*</p>",
    ),
    Difference(NESTED, ">" * 17 + "a", "<blockquote>" * 16 + "<p>&gt;a</p>" + "</blockquote>" * 16),
    Difference(
        NESTED,
        "[" * 9 + "a" + "]" * 9 + "(mailto:x)",
        "<p>" + "[" * 9 + "a" + "]" * 9 + "(mailto:x)</p>",
    ),
    Difference(
        "a row of dashes needs a bar: without one it is a rule",
        "| a\n---",
        "<p>| a</p><hr>",
    ),
]
# Here the page goes by CommonMark, and by GitHub for tables; markdown-it-py 4.3 does not.
FAULTS_ELSEWHERE = [
    Difference("two spaces break a line, after a backslash too", "a\\  \nb", "<p>a\\<br>b</p>"),
    Difference(
        "an empty item does not end its list",
        "1.\n\n\n2. a",
        "<ol data-loose><li></li><li><p>a</p></li></ol>",
    ),
    Difference(
        "a line indented by four columns does not go on with a quote",
        "> # a\n     > b",
        "<blockquote><h1>a</h1></blockquote><pre><code> &gt; b</code></pre>",
    ),
    Difference("a heading is not a row of a table", "# a|b\n-|-", "<h1>a|b</h1><p>-|-</p>"),
    Difference(
        "an even number of backslashes does not escape a bar",
        "|a|b|\n|-|-|\n|C:\\\\|c|",
        "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
        "<tbody><tr><td>C:\\</td><td>c</td></tr></tbody></table>",
    ),
    Difference(
        "a table of one column needs no bars",
        "a\n:-:\nb",
        "<table><thead><tr><th data-align='center'>a</th></tr></thead>"
        "<tbody><tr><td data-align='center'>b</td></tr></tbody></table>",
    ),
]


def link(text: str, url: str = "") -> str:
    """The HTML of a link."""
    return f"<a href='{url or text}'>{text}</a>"


def math(text: str) -> str:
    """The HTML of a formula."""
    return f"<code>{text}</code>"


DONE, TO_DO = "<input checked aria-label='Done'>", "<input aria-label='To do'>"

# What models write and CommonMark does not know: GitHub's, where it has it.
EXTENSIONS = {
    # Bare URLs
    "www.commonmark.org": f"<p>{link('www.commonmark.org', 'http://www.commonmark.org/')}</p>",
    "See http://127.0.0.1:8000/a?b=c&d=e#f.": (
        f"<p>See {link('http://127.0.0.1:8000/a?b=c&amp;d=e#f')}.</p>"
    ),
    "(https://x.org/a_(b)) https://x.org/a) https://x.org/(a))": (
        f"<p>({link('https://x.org/a_(b)')}) {link('https://x.org/a')})"
        f" {link('https://x.org/(a)')})</p>"
    ),
    "**https://x.org/a_b_c**, *HTTPS://X.ORG/a*; https://x.org/a?!": (
        f"<p><strong>{link('https://x.org/a_b_c')}</strong>,"
        f" <em>{link('HTTPS://X.ORG/a', 'https://x.org/a')}</em>; {link('https://x.org/a')}?!</p>"
    ),
    "https://x.org/a<b> `https://x.org` xhttps://x.org [https://x.org](https://y.org/)": (
        f"<p>{link('https://x.org/a')}&lt;b&gt; <code>https://x.org</code> xhttps://x.org"
        f" {link('https://x.org', 'https://y.org/')}</p>"
    ),
    "见https://x.org/a，或https://x.org查看。": (
        f"<p>见{link('https://x.org/a')}，或{link('https://x.org', 'https://x.org/')}查看。</p>"
    ),
    '"https://x.org/a" https://x.org/a&copy; https://x.org/\\_a; //www.x.org www. http://': (
        f'<p>"{link("https://x.org/a")}" {link("https://x.org/a")}©'
        f" {link('https://x.org/_a')}; //www.x.org www. http://</p>"
    ),
    # Struck
    "~~a~~ **~~b~~** ~~c **d** e~~ \\~~f~~": (
        "<p><del>a</del> <strong><del>b</del></strong> <del>c <strong>d</strong> e</del> ~~f~~</p>"
    ),
    "~5 to ~6, ~a~, ~~~b~~~, ~~ c ~~": "<p>~5 to ~6, ~a~, ~~~b~~~, ~~ c ~~</p>",
    # Tasks
    "- [x] *a*\n- [ ] b\n- [X]  c\n- [y] d\n- [ ]\n- [x](http://x.org/)": (
        f"<ul><li>{DONE}<p><em>a</em></p></li><li>{TO_DO}<p>b</p></li><li>{DONE}<p>c</p></li>"
        f"<li><p>[y] d</p></li><li><p>[ ]</p></li><li><p>{link('x', 'http://x.org/')}</p></li></ul>"
    ),
    "1. [ ] a\n   - [x] b\n\n     c\n2. [ ] # d": (
        f"<ol><li>{TO_DO}<p>a</p><ul data-loose><li>{DONE}<p>b</p><p>c</p></li></ul></li>"
        f"<li>{TO_DO}<p># d</p></li></ol>"
    ),
    "[x] a\n\n> - [x] b": f"<p>[x] a</p><blockquote><ul><li>{DONE}<p>b</p></li></ul></blockquote>",
    # Tables
    "| a | b |\n|---|---|\n| c<br>d<BR/>*e*<br /> | <b>f<br |\n| g": (
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>"
        "<tr><td>c<br>d<br><em>e</em><br></td><td>&lt;b&gt;f&lt;br</td></tr>"
        "<tr><td>g</td><td></td></tr></tbody></table>"
    ),
    "a<br>b": "<p>a&lt;br&gt;b</p>",
    # Emphasis in scripts without spaces
    "**「重要」**です": "<p><strong>「重要」</strong>です</p>",
    "**注意：**必ず、*（注）*を": "<p><strong>注意：</strong>必ず、<em>（注）</em>を</p>",
    "他说**“好”**，**스크립트(script)**를": (
        "<p>他说<strong>“好”</strong>，<strong>스크립트(script)</strong>를</p>"
    ),
    "a**(b)**c ~~「重」~~で": "<p>a**(b)**c <del>「重」</del>で</p>",
    # Formulas, as they are written
    "\\(x_1\\), \\[ a\\_b \\] and $$\\begin{m} a \\\\ b \\end{m}$$": (
        f"<p>{math('&#92;(x_1&#92;)')}, {math('&#92;[ a&#92;_b &#92;]')} and"
        f" {math('$$&#92;begin{m} a &#92;&#92; b &#92;end{m}$$')}</p>"
    ),
    "$x_j^{*} + b^{*}$, $n$, $n$th, 设$f(x)$为 $a, b$ ($x$-axis)": (
        f"<p>{math('$x_j^{*} + b^{*}$')}, {math('$n$')}, {math('$n$')}th, 设{math('$f(x)$')}为"
        f" {math('$a, b$')} ({math('$x$')}-axis)</p>"
    ),
    "$5 and $10, $5-$10, **$5** or *$6*, US$5/A$6, 5$ to 6$, $$ and $$, $ a $": (
        "<p>$5 and $10, $5-$10, <strong>$5</strong> or <em>$6</em>, US$5/A$6, 5$ to 6$,"
        " $$ and $$, $ a $</p>"
    ),
    "between $5 and 6$ *or* $1,000.50. $HOME/$USER ${a}/${b} \\$5 a$": (
        "<p>between $5 and 6$ <em>or</em> $1,000.50. $HOME/$USER ${a}/${b} $5 a$</p>"
    ),
    "a\n$$\nx\n- y\n\n# z\n$$\n*b*": (
        f"<p>a\n{math('$$&#10;x&#10;- y&#10;&#10;# z&#10;$$')}\n<em>b</em></p>"
    ),
    "- a:\n  \\[\n  > x\n  \\], *b*\n- c": (
        f"<ul><li><p>a:\n{math('&#92;[&#10;> x&#10;&#92;]')}, <em>b</em></p></li>"
        "<li><p>c</p></li></ul>"
    ),
    "\\begin{align} a_1 &= b_2 \\\\ c*d*e \\end{align} *x*": (
        f"<p>{math('&#92;begin{align} a_1 &amp;= b_2 &#92;&#92; c*d*e &#92;end{align}')}"
        " <em>x</em></p>"
    ),
    "a:\n\\begin{equation*}\nE \\\\end{x} $y \\\n- a_1 *b* \\e\n\n# z\n\\end{equation*}, *b*": (
        "<p>a:\n"
        + math(
            "&#92;begin{equation*}&#10;E &#92;&#92;end{x} $y &#92;&#10;- a_1 *b* &#92;e&#10;"
            "&#10;# z&#10;&#92;end{equation*}"
        )
        + ", <em>b</em></p>"
    ),
    "\\begin the *end*, \\begin{a} and *b*, \\begin{a b}": (
        "<p>&#92;begin the <em>end</em>, &#92;begin{a} and <em>b</em>, &#92;begin{a b}</p>"
    ),
    "\\[not a link\\](http://x.org/) \\(": f"<p>{math('&#92;[not a link&#92;]')}"
    f"({link('http://x.org/')}) (</p>",
    # Entities
    "&check; &hearts; &frac14; &Uuml; &ensp;. &nvap;": "<p>✓ ♥ ¼ Ü \u2002. &amp;nvap;</p>",
}
