// @ts-check
// What lines of code consist of, in the languages that replies use, roughly. Pure: no page.
//
// A language is a set of modes; a line starts in the mode that the line before it has ended in. A
// mode is a list of rules, [pattern, kind, next mode]. What no rule matches has the kind `fill`.

/** @typedef {"comment" | "string" | "number" | "keyword" | "name"} Kind */
/** @typedef {[string, Kind | "word" | "", string?]} Rule */
/** @typedef {{rules: Rule[], fill?: Kind, pattern?: RegExp}} Mode */
/** @typedef {{modes: Record<string, Mode>, words: Set<string>, anyCase?: boolean}} Language */

const NUMBER = String.raw`(?<![\w$])(?:0[xX][\da-fA-F_]+|0[bBoO][\d_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z%]*`;
const WORD = String.raw`[\p{L}_$][\p{L}\p{N}_$]*`;
const DOUBLE = String.raw`"(?:[^"\\]|\\.)*(?:"|$)`;
const SINGLE = String.raw`'(?:[^'\\]|\\.)*(?:'|$)`;
const QUOTED = String.raw`(?<!\w)'(?:[^'\\]|\\.)*'`; // where an apostrophe may be just that
/** @type {Rule[]} */
const VALUES = [
  [NUMBER, "number"],
  [WORD, "word"],
];
const BLOCK_COMMENT = { rules: [[String.raw`\*/`, "comment", "main"]], fill: "comment" };

const WORDS_OF_MOST =
  "abstract as async auto await bool boolean break byte case catch char class const constexpr " +
  "continue default defer delete do double else enum export extends extern false final finally " +
  "float fn for foreach from func fun function go goto if impl implements import in include int " +
  "interface internal is let long loop match mod module mut namespace native new nil none null " +
  "object operator override package private protected pub public range ref return sealed select " +
  "self short signed sizeof static string struct super switch template then this throw throws " +
  "trait true try type typedef typename union unsafe unsigned use using val var virtual void " +
  "volatile when where while with yield begin end elif def elsif unless until nullptr None True False";

/** @type {Record<string, Language>} */
const LANGUAGES = {
  python: {
    words: wordsOf(
      "False None True and as assert async await break case class continue def del elif else " +
        "except finally for from global if import in is lambda match nonlocal not or pass raise " +
        "return self try type while with yield",
    ),
    modes: {
      main: {
        rules: [
          ["#.*", "comment"],
          [String.raw`(?<!\w)[rbfutRBFUT]{0,2}"""`, "string", "double"],
          [String.raw`(?<!\w)[rbfutRBFUT]{0,2}'''`, "string", "single"],
          [String.raw`(?<!\w)[rbfutRBFUT]{0,2}(?:${DOUBLE}|${SINGLE})`, "string"],
          [String.raw`@(?<=^\s*@)[\w.]+`, "name"],
          [String.raw`(?<=\b(?:def|class)\s+)\w+`, "name"],
          ...VALUES,
        ],
      },
      double: { rules: [[String.raw`\\.`, "string"], ['"""', "string", "main"]], fill: "string" },
      single: { rules: [[String.raw`\\.`, "string"], ["'''", "string", "main"]], fill: "string" },
    },
  },
  javascript: {
    words: wordsOf(
      "abstract any as async await boolean break case catch class const continue debugger " +
        "declare default delete do else enum export extends false finally for from function get " +
        "if implements import in instanceof interface is keyof let namespace never new null " +
        "number of private protected public readonly return satisfies set static string super " +
        "switch this throw true try type typeof undefined unknown var void while with yield",
    ),
    modes: {
      main: {
        rules: [
          ["//.*", "comment"],
          [String.raw`/\*`, "comment", "comment"],
          ["`", "string", "template"],
          [`${DOUBLE}|${SINGLE}`, "string"],
          [String.raw`/(?<=(?:^|[=(,:;!&|?{}[]|\breturn)\s*/)(?![*/\s])(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+/[a-z]*`, "string"],
          [String.raw`(?<=\b(?:function|class|interface)\s+)${WORD}`, "name"],
          ...VALUES,
        ],
      },
      template: { rules: [[String.raw`\\.`, "string"], ["`", "string", "main"]], fill: "string" },
      comment: /** @type {Mode} */ (BLOCK_COMMENT),
    },
  },
  json: ofOneMode("true false null", [
    [String.raw`"(?:[^"\\]|\\.)*"(?=\s*:)`, "name"],
    [DOUBLE, "string"],
    ["//.*", "comment"],
    [String.raw`-?${NUMBER}`, "number"],
    [WORD, "word"],
  ]),
  html: {
    words: wordsOf(""),
    modes: {
      main: {
        rules: [
          ["<!--", "comment", "comment"],
          [String.raw`<[!?/]?[a-zA-Z][\w:.-]*`, "keyword", "tag"],
          [String.raw`&[#\w]+;`, "number"],
        ],
      },
      tag: {
        rules: [
          ["[/?]?>", "keyword", "main"],
          [`"[^"]*(?:"|$)|'[^']*(?:'|$)`, "string"],
          [String.raw`[^\s"'<>/=]+`, "name"],
        ],
      },
      comment: { rules: [["-->", "comment", "main"]], fill: "comment" },
    },
  },
  css: {
    words: wordsOf(""),
    modes: {
      main: {
        rules: [
          [String.raw`/\*`, "comment", "comment"],
          [`${DOUBLE}|${SINGLE}`, "string"],
          [String.raw`@[\w-]+|!important`, "keyword"],
          [String.raw`#[\da-fA-F]{3,8}\b`, "number"],
          [String.raw`(?<![\w-])[-+]?\.?\d[\d.]*[a-z%]*`, "number"],
          [String.raw`(?<![\w-])--[\w-]+|[\w-]+(?=\s*:\s)`, "name"],
          [String.raw`[\w-]+`, ""],
        ],
      },
      comment: /** @type {Mode} */ (BLOCK_COMMENT),
    },
  },
  shell: {
    words: wordsOf(
      "case do done elif else esac exit export fi for function if in local return set source " +
        "sudo then unset until while cd echo pip npm git curl docker python",
    ),
    modes: {
      main: {
        rules: [
          [String.raw`(?<![^\s;])#.*`, "comment"],
          [DOUBLE, "string"],
          [`'[^']*(?:'|$)`, "string"],
          [String.raw`\$(?:\{[^}]*\}|\w+|[#?@*!$])`, "name"],
          [String.raw`(?<=\s)--?[a-zA-Z][\w-]*`, "name"],
          [String.raw`[\w./-]*[a-zA-Z_/][\w./-]*`, "word"],
          [NUMBER, "number"],
        ],
      },
    },
  },
  http: ofOneMode("GET POST PUT PATCH DELETE HEAD OPTIONS", [
    [String.raw`(?<=^)[A-Za-z][\w-]*(?=:)`, "name"],
    [String.raw`(?<=^:).*`, "comment"],
    [String.raw`HTTP/[\d.]+`, "keyword"],
    [DOUBLE, "string"],
    ...VALUES,
  ]),
  yaml: ofOneMode("true false null yes no on off", [
    [String.raw`(?<![^\s])#.*`, "comment"],
    [String.raw`(?<=^[\s-]*)[\w."'/-]+(?=\s*[:=](?:\s|$))|(?<=^\s*)\[.*\]\s*$`, "name"],
    [`${DOUBLE}|${QUOTED}`, "string"],
    ...VALUES,
  ]),
  sql: {
    anyCase: true,
    words: wordsOf(
      "add all alter and as asc between by case column constraint create default delete desc " +
        "distinct drop else end exists false foreign from full group having if in index inner " +
        "insert into is join key left like limit not null offset on or order outer primary " +
        "references returning right select set table then true union unique update using values " +
        "view when where with",
    ),
    modes: {
      main: {
        rules: [
          ["--.*", "comment"],
          [String.raw`/\*`, "comment", "comment"],
          [`${DOUBLE}|'[^']*(?:'|$)`, "string"],
          ...VALUES,
        ],
      },
      comment: /** @type {Mode} */ (BLOCK_COMMENT),
    },
  },
  diff: ofOneMode("", [
    [String.raw`(?<=^)(?:@@|diff |index |---|\+\+\+).*`, "comment"],
    [String.raw`(?<=^)\+.*`, "string"],
    [String.raw`(?<=^)-.*`, "keyword"],
  ]),
  // Any other one: most have the comments of C or those of a shell.
  other: {
    words: wordsOf(WORDS_OF_MOST),
    modes: {
      main: {
        rules: [
          [String.raw`//.*|(?<![^\s])#(?!include|define|if|else|endif|pragma)(?=\s|!).*`, "comment"],
          [String.raw`(?<![^\s])--\s.*`, "comment"],
          [String.raw`/\*`, "comment", "comment"],
          [`${DOUBLE}|${QUOTED}`, "string"],
          [String.raw`#(?<=^\s*#)\w+`, "keyword"],
          ...VALUES,
        ],
      },
      comment: /** @type {Mode} */ (BLOCK_COMMENT),
    },
  },
  // Nobody says that it is code: what a program printed, a tree of files.
  none: ofOneMode("", [
    [String.raw`(?<![^\s])(?://|#)\s.*`, "comment"],
    [DOUBLE, "string"],
  ]),
  text: ofOneMode("", []),
};

const NAMES = {
  python: "py python3 py3 pyi pycon ipython",
  javascript: "js jsx mjs cjs ts tsx typescript node",
  json: "jsonc json5 jsonl ndjson",
  html: "xml svg xhtml vue svelte",
  css: "scss less",
  shell: "sh bash zsh fish console shell-session powershell ps1 dockerfile makefile",
  http: "sse event-stream",
  yaml: "yml toml ini conf properties env",
  sql: "sqlite postgresql mysql",
  diff: "patch",
  text: "txt plain plaintext output log markdown md tex latex math",
  none: "",
};

/**
 * @param {string} name as it stands behind the fence
 * @returns {Language}
 */
export function languageOf(name) {
  const asked = name.toLowerCase().replace(/^[{.]+|\}$/g, "");
  if (asked === "") return LANGUAGES.none;
  if (Object.hasOwn(LANGUAGES, asked)) return LANGUAGES[asked];
  const found = Object.entries(NAMES).find(([, names]) => names.split(" ").includes(asked));
  return LANGUAGES[found?.[0] ?? "other"];
}

/**
 * @param {string} words
 * @param {Rule[]} rules
 * @returns {Language}
 */
function ofOneMode(words, rules) {
  return { words: wordsOf(words), modes: { main: { rules } } };
}

/** @param {string} list */
function wordsOf(list) {
  return new Set(list.split(" "));
}
