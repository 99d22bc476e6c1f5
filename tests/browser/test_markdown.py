"""The page's Markdown, in a real browser, against markdown-it-py and under hostile hands."""

import random
import re
from collections.abc import Callable

import pytest
from cases.markdown_documents import (
    DIFFERENCES,
    DOCUMENTS,
    EXTENSIONS,
    FAULTS_ELSEWHERE,
    HEADINGS,
)
from chat_page import OpenPage
from markdown_it import MarkdownIt
from markdown_tree import Tree, tree, urls
from playwright.sync_api import Page, expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

# Renders each document in one piece, and returns its HTML.
RENDER = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    return documents.map((text) => {
        const element = document.createElement("div");
        const markdown = createMarkdown(element);
        markdown.append(text);
        markdown.end();
        return element.innerHTML;
    });
}"""
RESOLVE = "all => all.map(url => URL.canParse(url) ? new URL(url).href : url)"

COMMONMARK = MarkdownIt("commonmark", {"html": False}).enable("table")
# Without what the page leaves out on purpose: see DIFFERENCES.
REFERENCE = MarkdownIt("commonmark", {"html": False}).enable("table")
REFERENCE.disable(["lheading", "reference"])
REFERENCE.validateLink = lambda url: bool(  # type: ignore[method-assign]
    re.match("(https?|mailto):", url, re.IGNORECASE)
)


@pytest.fixture
def page(run: Run, open_page: OpenPage) -> Page:
    """A page whose server has the modules."""
    page = open_page(run(create_app()).url)
    expect(page.status).to_have_text("Ready")  # it changes nothing any more
    return page.page


def expected_trees(page: Page, reference: MarkdownIt, documents: list[str]) -> list[Tree]:
    rendered = [reference.render(document) for document in documents]
    found = sorted({url for html in rendered for url in urls(html)})
    resolved = dict(zip(found, page.evaluate(RESOLVE, found), strict=True))
    return [tree(html, page=False, resolve=resolved.__getitem__) for html in rendered]


def rendered_trees(page: Page, documents: list[str]) -> list[Tree]:
    return [tree(html, page=True) for html in page.evaluate(RENDER, documents)]


def expect_agreement(page: Page, documents: list[str]) -> None:
    ours = rendered_trees(page, documents)
    theirs = expected_trees(page, REFERENCE, documents)
    wrong = [case for case in zip(documents, ours, theirs, strict=True) if case[1] != case[2]]
    shown = "\n".join(f"{d!r}\n  page {o}\n  CommonMark {t}" for d, o, t in wrong[:5])
    assert not wrong, f"{len(wrong)} of {len(documents)} documents\n{shown}"


def test_it_agrees_with_commonmark(page: Page) -> None:
    assert len(set(DOCUMENTS)) == len(DOCUMENTS) > 150
    expect_agreement(page, DOCUMENTS)


def test_it_differs_only_where_it_means_to(page: Page) -> None:
    cases = [*DIFFERENCES, *FAULTS_ELSEWHERE]
    rendered = rendered_trees(page, [case.document for case in cases])
    for case, found in zip(cases, rendered, strict=True):
        assert found == tree(case.html, page=True), case
    documents = [case.document for case in DIFFERENCES]
    commonmark = expected_trees(page, COMMONMARK, documents)
    for case, found, expected in zip(DIFFERENCES, rendered, commonmark, strict=False):
        assert found != expected, case


def test_what_models_write(page: Page) -> None:
    rendered = rendered_trees(page, list(EXTENSIONS))
    expected = [tree(html, page=True) for html in EXTENSIONS.values()]
    wrong = [
        case for case in zip(EXTENSIONS, rendered, expected, strict=True) if case[1] != case[2]
    ]
    assert not wrong, "\n".join(f"{d!r}\n  page {o}\n  expected {t}" for d, o, t in wrong)


# What generated documents are made of.
ANYTHING = (
    "a¦b c¦word¦ ¦  ¦   ¦\n¦\n¦\n\n¦*¦**¦***¦_¦__¦`¦``¦```¦~~~¦[¦](mailto:x¦)¦](mailto:a)¦"
    "<¦>¦<mailto:y>¦- ¦* ¦+ ¦1. ¦2) ¦10. ¦> ¦# ¦## ¦#¦    ¦\\¦\\*¦&amp;¦&#65;¦!¦!["
    '¦(¦ "t"¦---¦é¦中¦🦊¦.¦,¦_x_¦snake_case¦<b>¦0¦-¦\r\n¦&'
)
BLOCKS = "- ¦* ¦1. ¦2. ¦> ¦  ¦    ¦\n¦\n¦\n\n¦a¦b¦```¦   ¦code¦# h¦-¦1.¦>¦      ¦---¦~~~"
INLINES = "a¦b¦c d¦ ¦*¦**¦_¦__¦***¦`¦``¦[¦](mailto:x)¦![¦\\¦.¦(¦)¦\n¦  \n¦<¦<mailto:z>¦é¦🦊¦)*¦&lt;"
TABLES = "| ¦|¦ | ¦a¦b¦---¦|---|---|\n¦| a | b |\n¦a|b\n¦-|-\n¦\n¦\n\n¦:-¦-:¦|:-|-:|\n¦`¦*¦> ¦# "
ALPHABETS = [parts.split("¦") for parts in (ANYTHING, BLOCKS, INLINES, TABLES)]

# What they leave out, because there the page and markdown-it-py differ: see DIFFERENCES and
# FAULTS_ELSEWHERE.
LEFT_OUT = [
    r"[*_]{9}",
    r"(?s)\[.*<mailto",  # a link in a link
    r"\\[\[(]",  # a formula
    r"中[*_]|[*_]中",
    r"\]\(\s*\)",  # an empty URL
    r"!\[[^\]]*(?:&|!\[)",  # an entity or an image in the description of an image
    r"\\ +\r?\n",
    r"(?:^|\n)[ >]*(?:[-+*]|\d+[.)])\s*\n\s*\n",  # an empty item, then a blank line
    r">.*\r?\n[ >]* {4,}>",
    r"(?:[#>*+-]|\d[.)]).*\|.*\r?\n[ >]*[-|:]",  # a marker in front of a table
    r"\|.*\r?\n *---+(?:\s|$)",  # a rule, or a table of one column
    r"(?:^|\n)[^|\n]*[^|\s][^|\n]*\n[ >]*[-:| ]*[|:][-:| ]*(?:\n|$)",  # one without bars
    r"(?:[-+*]|\d[.)]) +(?:```|~~~).*\n\s*\n",  # code in an item that is closed by the next one
    r"(?:[-+*]|\d[.)]) {3,}\S.*(?:\n.*)*\n {4,}[^ ]",  # a lazy line with four spaces
    r"[ \t]$",
]


def generate(seed: int, count: int) -> list[str]:
    source = random.Random(seed)
    documents: list[str] = []
    while len(documents) < count:
        alphabet = source.choice(ALPHABETS)
        length = source.randint(1, source.choice([6, 12, 30]))
        document = "".join(source.choice(alphabet) for _ in range(length))
        if not any(re.search(pattern, document) for pattern in LEFT_OUT):
            documents.append(document)
    return documents


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_commonmark_on_generated_documents(seed: int, page: Page) -> None:
    expect_agreement(page, generate(seed, 2_000))


# Renders each document a piece at a time, and compares each state with that of the same text
# given in one piece.
SPLIT = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const start = () => {
        const element = document.createElement("div");
        return { element, markdown: createMarkdown(element) };
    };
    const wrong = [];
    for (const { text, cuts } of documents) {
        const { element, markdown } = start();
        const compare = (length, ended) => {
            const whole = start();
            whole.markdown.append(text.slice(0, length));
            if (ended) whole.markdown.end();
            const [is, should] = [element.outerHTML, whole.element.outerHTML];
            if (is !== should) wrong.push({ text: text.slice(0, length), is, should });
        };
        cuts.forEach((cut, place) => {
            markdown.append(text.slice(cuts[place - 1] ?? 0, cut));
            compare(cut, false);
        });
        markdown.end();
        compare(text.length, true);
    }
    return wrong.slice(0, 5);
}"""


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_the_result_does_not_depend_on_the_pieces(page: Page) -> None:
    """Each beginning of a document looks as if it had come in one piece; so does the whole.

    The pieces are UTF-16 code units: CR LF and surrogate pairs are cut too.
    """
    documents = [*DOCUMENTS, *EXTENSIONS, *HOSTILE, *generate(10, 2_000)]
    cases = [{"text": text, "cuts": list(range(1, utf16_length(text) + 1))} for text in documents]
    assert page.evaluate(SPLIT, cases) == []


def test_a_long_document_does_not_depend_on_the_pieces(page: Page) -> None:
    """Longer than any limit: also with pieces that are longer than one step."""
    source = random.Random(11)
    cases = []
    for _ in range(20):
        text = "".join(
            source.choices(
                [*DOCUMENTS, *EXTENSIONS, "word " * 500, "`" + "x" * 1_500, "[a" * 900], k=60
            )
        )
        length = utf16_length(text)
        cuts = sorted({*source.sample(range(1, length), 6), length})
        cases.append({"text": text, "cuts": cuts})
    assert page.evaluate(SPLIT, cases) == []


# Renders documents character by character, and watches each block from when another one follows.
WATCH = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const touched = [];
    for (const text of documents) {
        const element = document.createElement("div");
        const markdown = createMarkdown(element);
        const observer = new MutationObserver(() => {});
        const watched = [];
        const watch = () => {
            for (const block of [...element.children].slice(watched.length, -1)) {
                const all = { attributes: true, characterData: true, childList: true };
                observer.observe(block, { ...all, subtree: true });
                watched.push(block);
            }
        };
        for (const unit of text.split("")) {
            markdown.append(unit);
            watch();
        }
        markdown.end();
        const stayed = watched.every((block, place) => element.children[place] === block);
        if (!stayed || observer.takeRecords().length > 0) touched.push(text);
        observer.disconnect();
    }
    return touched;
}"""


def test_a_finished_block_is_never_touched_again(page: Page) -> None:
    long = "\n\n".join(DOCUMENTS)
    assert page.evaluate(WATCH, [long, *DOCUMENTS, *generate(12, 1_000)]) == []


# ---------------------------------------------------------------------------------------------
# Hostile documents
# ---------------------------------------------------------------------------------------------

# What the page may make, and with which attributes.
ALLOWED = {
    "a": ["href", "rel", "target", "title"],
    "blockquote": ["dir"],
    "br": [],
    "button": ["aria-label", "aria-pressed", "data-action", "type"],
    "code": ["data-math"],
    "del": [],
    "div": ["data-bar", "data-code", "data-table", "data-wrapped", "dir", "tabindex"],
    "em": [],
    "h3": ["data-level", "dir"],
    "h4": ["data-level", "dir"],
    "h5": ["data-level", "dir"],
    "h6": ["data-level", "dir"],
    "hr": [],
    "input": ["aria-label", "checked", "disabled", "type"],
    "li": ["data-task", "dir"],
    "ol": ["data-digits", "data-loose", "dir", "start"],
    "p": ["dir"],
    "pre": ["data-language", "tabindex"],
    "strong": [],
    "table": [],
    "tbody": [],
    "td": ["data-align"],
    "th": ["data-align"],
    "thead": [],
    "tr": [],
    "ul": ["data-loose", "dir"],
}

# Renders into the page itself, where a script would run, and tells what is there.
INSPECT = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    window.attacks = 0;
    window.attack = () => { window.attacks += 1; };
    const found = documents.map((text) => {
        const element = document.createElement("div");
        document.body.append(element);
        const markdown = createMarkdown(element);
        for (const unit of text.split("")) markdown.append(unit);
        markdown.end();
        const inside = [...element.querySelectorAll("*")];
        for (const one of inside) for (const type of ["click", "mouseover", "focus"]) {
            one.addEventListener(type, (event) => event.preventDefault());
            one.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true }));
        }
        return {
            elements: inside.map((one) => [one.localName, one.getAttributeNames()]),
            links: [...element.querySelectorAll("a")].map((a) => [a.protocol, a.rel, a.target]),
            titles: [...element.querySelectorAll("[title]")].map((one) => one.title),
            languages: [...element.querySelectorAll("pre")].map((one) => one.dataset.language),
            text: element.textContent,
        };
    });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return { found, attacks: window.attacks };
}"""

SCRIPTS = [
    "javascript:attack()",
    "JaVaScRiPt:attack()",
    " javascript:attack()",
    "\tjavascript:attack()",
    "java\nscript:attack()",
    "java\tscript:attack()",
    "javascript\n:attack()",
    "\x01javascript:attack()",
    "\x1fjavascript:attack()",
    "\xa0javascript:attack()",
    "\ufeffjavascript:attack()",
    "\0javascript:attack()",
    "\\javascript:attack()",
    "javascript\\:attack()",
    "&#106;avascript:attack()",
    "&#x6A;avascript:attack()",
    "&#0000106;avascript:attack()",
    "java&#10;script:attack()",
    "java&Tab;script:attack()",
    "&#1;javascript:attack()",
    "javascript&colon;attack()",
    "javascript&#58;attack()",
    "%6Aavascript:attack()",
    "javascript%3Aattack()",
    "javascript://x.org/%0Aattack()",
    "feed:javascript:attack()",
    "view-source:javascript:attack()",
    "data:text/html,<script>attack()</script>",
    "data:text/html;base64,PHNjcmlwdD5hdHRhY2soKTwvc2NyaXB0Pg==",
    "DATA:image/svg+xml,<svg/onload=attack()>",
    "vbscript:attack()",
    "blob:null/a",
    "file:///etc/passwd",
    "//x.org",
    "\\\\x.org",
    "/\\x.org",
    "#a",
    "?a",
    "",
]
MARKUP = [
    "<script>attack()</script>",
    "<img src=x onerror=attack()>",
    "<svg/onload=attack()>",
    "<iframe srcdoc='<script>parent.attack()</script>'>",
    "<a href='javascript:attack()'>a</a>",
    "<style>*{display:none}</style>",
    "<!--><script>attack()</script>-->",
    "<p onclick=attack()>",
    "<base href=//x.org/>",
    "<form action=javascript:attack()><button>",
    "&lt;script&gt;attack()&lt;/script&gt;",
    '" onclick=attack() x="',
    "' onclick=attack() x='",
]
PLACES = [
    "{}",
    "# {}",
    "- {}",
    "> {}",
    "*{}*",
    "`{}`",
    "    {}",
    "```{}\n{}\n```",
    "~~~ {}\n{}\n~~~",
    "[{}](http://x.org)",
    "![{}](http://x.org)",
    "[a](http://x.org '{}')",
    '[a](http://x.org "{}")',
    "[a](http://x.org/{})",
    "[a](<http://x.org/{}>)",
    "<http://x.org/{}>",
    "<http://{}>",
    "| {} |\n|---|\n| {} |",
]
LINKS = ["[a]({})", "[a](<{}>)", "[a]({} 'b')", "![a]({})", "![a](<{}>)", "<{}>"]
HOSTILE = [
    *(place.replace("{}", script) for place in LINKS for script in SCRIPTS),
    *(place.replace("{}", markup) for place in PLACES for markup in MARKUP),
]


def test_hostile_documents_make_nothing_else(page: Page) -> None:
    source = random.Random(13)
    parts = [*SCRIPTS, *MARKUP, *LINKS, *ANYTHING.split("¦"), "http:", "https:", "mailto:"]
    mixed = ["".join(source.choices(parts, k=source.randint(2, 12))) for _ in range(2_000)]
    answer = page.evaluate(INSPECT, [*HOSTILE, *HEADINGS, *EXTENSIONS, *mixed])
    assert answer["attacks"] == 0
    seen: set[str] = set()
    for found in answer["found"]:
        for name, attributes in found["elements"]:
            assert set(attributes) <= set(ALLOWED[name])
            seen.add(name)
        for protocol, rel, target in found["links"]:
            assert protocol in {"http:", "https:", "mailto:"}
            assert (rel, target) == ("noopener noreferrer nofollow", "_blank")
    assert seen == set(ALLOWED)


def test_a_script_is_no_link_and_markup_is_text(page: Page) -> None:
    links = [place.replace("{}", script) for place in LINKS for script in SCRIPTS]
    for document, found in zip(links, page.evaluate(INSPECT, links)["found"], strict=True):
        assert found["links"] == [], document
    for document, found in zip(MARKUP, page.evaluate(INSPECT, MARKUP)["found"], strict=True):
        assert [name for name, _ in found["elements"]] == ["p"]
        assert found["text"] == document.replace("&lt;", "<").replace("&gt;", ">")


def test_quotes_and_markup_stay_within_their_attribute(page: Page) -> None:
    text = "'\"><img src=x onerror=attack()>"
    word = text.replace(" ", "/")
    documents = [f"[a](http://x.org ({text.replace('(', '&#40;').replace(')', '&#41;')}))"]
    documents.append(f"~~~{word}\n~~~")
    title, language = page.evaluate(INSPECT, documents)["found"]
    assert title["titles"] == [text]
    assert language["languages"] == [word]


# ---------------------------------------------------------------------------------------------
# Long documents
# ---------------------------------------------------------------------------------------------

# Renders in pieces of five code units. The work is counted, not timed: how many characters
# regular expressions look at, and how many the text nodes of the page are given or copy.
WORK = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    let work = 0;
    const { exec } = RegExp.prototype;
    RegExp.prototype.exec = function (text) {
        const start = this.sticky || this.global ? this.lastIndex : 0;
        const found = exec.call(this, text);
        if (found) work += found.index + found[0].length - start;
        else work += this.sticky ? 1 : text.length - start; // split() tries each place
        return found;
    };
    const { appendData } = CharacterData.prototype;
    CharacterData.prototype.appendData = function (text) {
        work += this.length + text.length;
        appendData.call(this, text);
    };
    const data = Object.getOwnPropertyDescriptor(CharacterData.prototype, "data");
    Object.defineProperty(CharacterData.prototype, "data", {
        ...data,
        set(text) {
            work += text.length;
            data.set.call(this, text);
        },
    });
    return documents.map((text) => {
        work = 0;
        const markdown = createMarkdown(document.createElement("div"));
        for (let at = 0; at < text.length; at += 5) markdown.append(text.slice(at, at + 5));
        markdown.end();
        return work;
    });
}"""

REPEATED = [
    "lorem ipsum ", "a\n", "a b\n\n", "- a\n", "- a\n\n", "1. a\n", "> a\n", "> - a\n",
    "    a\n", "# a\n", "*", "_", "**a ", "*a", "*a _b ", "*a*", "a*b_c", "`", "`a",
    "`a``b```c", "[", "]", "[a ", "[a]", "[a](", "[a](b ", "[a](b 'c", "[a](http://x.org) ",
    "![", "![a](", "<", "<a", "<http://", "&", "&a", "&#1", "\\", "!", ">", "> ", "-", "- ",
    "1. ", "1", "#", "# ", " ", "\t", "\n", "\r", "~", "|", "|-", "| a |\n", "|-|\n",
    "[`<&*_![](", "[`a``b", "(", ")", "🦊", "é", "م", "``\\", "$a ", "$$a=\n", "\\(a", "\\[",
    "\\[a\n", "\\begin{a}\n", "\\begin{a}", "~~a ", "www.", "http://x.org/", "- [ ] a\n", "| ",
    "a| b", "&amp",
]  # fmt: skip
BEGINNINGS = [
    "", "a", "a ", "```\n", "```", "~~~", "- ", "# a ", "*a ", "[a", "[a](",
    "[a](http://x.org/", "[a](<", "[a](http://x.org '", "`", "|a|\n|-|\n", "&", "<a",
]  # fmt: skip


def test_the_work_grows_with_the_length_and_no_faster(page: Page) -> None:
    source = random.Random(14)
    cases = [("", part) for part in REPEATED]
    cases += [(source.choice(BEGINNINGS), source.choice(REPEATED)) for _ in range(20)]
    cases += [("", "".join(source.choices(REPEATED, k=4))) for _ in range(20)]
    length = 6_000
    documents = [
        (start + part * (size // len(part)))
        for start, part in cases
        for size in (length, 2 * length)
    ]
    work = page.evaluate(WORK, documents)
    grown = {case: work[2 * i + 1] / work[2 * i] for i, case in enumerate(cases)}
    too_much = [f"{case}: {ratio:.2f}" for case, ratio in grown.items() if ratio > 2.75]
    assert not too_much, "\n".join(too_much)


# Renders one document in pieces of five code units.
MEASURE = """async text => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const element = document.createElement("div");
    const markdown = createMarkdown(element);
    for (let at = 0; at < text.length; at += 5) markdown.append(text.slice(at, at + 5));
    markdown.end();
    let depth = 0;
    for (const one of element.querySelectorAll("*")) {
        let above = 0;
        for (let it = one; it !== element; it = it.parentElement) above += 1;
        depth = Math.max(depth, above);
    }
    const names = [...element.querySelectorAll("*")].map((one) => one.localName);
    return { text: element.textContent, names: names, depth };
}"""


def test_long_documents(page: Page) -> None:
    """What a hostile or talkative model may send; nobody waits long, nothing overflows."""

    def measure(document: str) -> tuple[str, list[str], int]:
        found = page.evaluate(MEASURE, document)
        return found["text"], found["names"], found["depth"]

    words = "lorem ipsum " * 83_333 + "end"
    assert measure(words) == (words, ["p"], 1)
    code = "x = 1\n" * 166_667
    block = ["div", "div", "button", "button", "pre", "code"]
    assert measure(f"```py\n{code}```") == (code[:-1], block, 3)
    assert measure("- a\n" * 20_000)[1] == ["ul", *["li", "p"] * 20_000]
    assert measure("*" * 50_000)[1] == ["hr"]
    for text in ("[" * 50_000, "**a " * 12_500 + "a", "`" * 50_000 + "a`", "![a](" * 10_000):
        assert measure(text) == (text, ["p"], 1)


def test_the_depth_is_bounded(page: Page) -> None:
    documents = [
        ">" * 5_000 + "a",
        "> " * 5_000 + "a",
        "- " * 5_000 + "a",
        "1. " * 5_000 + "a",
        "".join(f"{'  ' * level}- a\n" for level in range(200)),
        "".join(f"{'> - ' * level}a\n" for level in range(100)),
        "*a **b " * 5_000 + "c** d*" * 5_000,
        "********a********" * 1_000,
        "[" * 5_000 + "a" + "](http://x.org)" * 5_000,
        "![" * 5_000 + "a" + "](http://x.org)" * 5_000,
    ]
    for document in documents:
        assert 0 < page.evaluate(MEASURE, document)["depth"] <= 70, document[:20]


# ---------------------------------------------------------------------------------------------
# How it looks
# ---------------------------------------------------------------------------------------------


def test_the_direction_is_that_of_the_first_letter(page: Page) -> None:
    blocks = [
        ("مرحبا hello", ["rtl"]),
        ("hello مرحبا", []),
        ("- *שלום*\n- hello\n- שלום", ["rtl", "ltr"]),
        ("1. hello\n2. שלום\n   - hello\n3. 123\n4. hello", ["rtl", "ltr"]),
        ("> 1. 🦊 «مرحبا»", ["rtl"]),
        ("> hello\n>\n> > مرحبا", ["rtl"]),
        ("# 中文 مرحبا", []),
        ("123 مرحبا", ["rtl"]),
        ("| مرحبا |\n|---|", ["rtl"]),
        ("123", []),
        ("***", []),
    ]
    (together,) = page.evaluate(RENDER, ["\n\n".join(document for document, _ in blocks)])
    alone = page.evaluate(RENDER, [document for document, _ in blocks])
    assert together == "".join(alone)
    for (document, directions), html in zip(blocks, alone, strict=True):
        assert re.findall(' dir="(.*?)"', html) == directions, document


# Shows documents, styled, instead of the page.
SHOW = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("static/markdown/markdown.css", location);
    document.head.append(link);
    await new Promise((done) => { link.onload = done; });
    document.body.replaceChildren();
    for (const text of documents) {
        const element = document.createElement("div");
        element.className = "markdown";
        document.body.append(element);
        const markdown = createMarkdown(element);
        markdown.append(text);
        markdown.end();
    }
    return [...link.sheet.cssRules].flatMap((rule) => rule.selectorText ?? []);
}"""


# For each list shown, the room that its markers have, and how wide its last number is.
MARKERS = """() => [...document.querySelectorAll(".markdown > ol")].map((list) => {
    const item = list.lastElementChild;
    const number = document.createElement("span");
    number.style.fontVariantNumeric = "tabular-nums";
    number.textContent = `${list.start + list.children.length - 1}.\\u00a0`;
    item.firstElementChild.append(number);
    const room = item.getBoundingClientRect().left - list.getBoundingClientRect().left;
    return [room, number.getBoundingClientRect().width];
})"""


def test_a_long_number_is_not_cut_off(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 640})
    numbers = [1, 9, 98, 99, 998, 2023, 99_998, 999_999, 123_456_789]
    page.evaluate(SHOW, [f"{number}. a\n1. b" for number in numbers])
    found = page.evaluate(MARKERS)
    assert len(found) == len(numbers)
    for number, (room, width) in zip(numbers, found, strict=True):
        assert width <= room <= width + 40, number


def alternatives(selector: str) -> list[str]:
    """What stands between the commas of a selector, without what is in parentheses."""
    while "(" in selector:
        selector = re.sub(r"\([^()]*\)", "", selector)
    return selector.split(",")


def test_it_fits_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 288, "height": 640})
    long = "x" * 200
    wide = [
        long,
        f"# {long}",
        f"[{long}](http://x.org)",
        f"`{long}`",
        f"```{long}\n{long}\n```",
        f"    {long}",
        f"| {long} | b |\n|---|---|\n| a | {long} |",
        "- " * 16 + "a",
        ">" * 16 + "a",
        "> 1. " * 8 + "a",
        f"- a\n  - b\n\n    ```\n    {long}\n    ```",
    ]
    selectors = page.evaluate(SHOW, [*wide, *DOCUMENTS])
    assert all(".markdown" in part for one in selectors for part in alternatives(one))
    wider = page.evaluate(
        """() => [...document.querySelectorAll(".markdown")]
            .map((one) => one.scrollWidth - one.clientWidth)"""
    )
    assert wider == [0] * (len(wide) + len(DOCUMENTS))
