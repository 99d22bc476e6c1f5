// @ts-check
// A request of the page as a command that makes the same one. Pure: no page.

/**
 * @typedef {{method: string, url: string, headers: [string, string][], body: string|null}} Request
 */

/**
 * For a POSIX shell.
 * @param {Request} request
 * @param {string} base what a relative URL is relative to
 */
export function asCurl({ method, url, headers, body }, base) {
  const parts = [`curl --no-buffer --globoff ${shell(new URL(url, base).href)}`];
  if (method !== (body === null ? "GET" : "POST")) parts.push(`--request ${shell(method)}`);
  for (const [name, value] of headers) {
    parts.push(`--header ${shell(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  if (body !== null) parts.push(`--data-raw ${shell(body)}`);
  return parts.join(" \\\n  ");
}

/**
 * For Python, with httpx. An answer without a body to read at once is printed as it arrives.
 * @param {Request} request
 * @param {string} base
 */
export function asHttpx({ method, url, headers, body }, base) {
  const args = [python(method), python(new URL(url, base).href)];
  if (headers.length > 0) {
    const pairs = headers.map(([name, value]) => `(${python(name)}, ${python(value)})`);
    args.push(`headers=[${pairs.join(", ")}]`);
  }
  if (body !== null) args.push(`content=${python(body)}`);
  args.push("timeout=None");
  return [
    "import httpx",
    "",
    `with httpx.stream(\n    ${args.join(",\n    ")},\n) as response:`,
    "    print(response.status_code)",
    "    for text in response.iter_text():",
    '        print(text, end="", flush=True)',
    "",
  ].join("\n");
}

/** Inside of single quotes a shell changes nothing; a quote itself has to stand outside of them. */
function shell(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A string of JSON is one of Python, too. */
function python(text) {
  return JSON.stringify(text);
}
