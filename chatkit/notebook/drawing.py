"""Pictures for the cell of a notebook: SVG of our own, that also says in words what it shows.

Text takes the colour of what stands around it, and marks take JupyterLab's, so a picture is
right in a light theme and in a dark one. It stands in the page itself: in an `<img>`, where
JupyterLab puts `image/svg+xml`, it would know neither.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 800  # of the picture; this and what follows is in pixels
ROW = 34  # from one row to the next
MARK = 20  # the height of a mark
CHARACTER = 7.5  # the width that is kept for one in a row's name
NAME = 32  # characters of a row's name, at most
MARGIN = 12
LINE = 16  # a line of text below a mark
BAR = 24  # from one bar to the next
TOKEN = 160  # the width that is kept for a token before its bar, at least
NUMBER = 56  # and for the number after it
AXIS = 48  # the height of the axis and what is written below it
STEPS = 8  # of the axis, at most

# Bright enough for a dark page, and dark enough for a white one.
COLOUR = "var(--jp-brand-color1, #2b7cd3)"


@dataclass(frozen=True)
class Drawing:
    """A picture, and what it shows in words, for a terminal and for who does not see it."""

    svg: str
    words: str

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.words


def draw_arrivals(rows: Mapping[str, Sequence[float]]) -> Drawing:
    """A row for each name: a mark for every frame, at its time in seconds."""
    said = {name: f"{name}: {arrivals_in_words(times)}" for name, times in rows.items()}
    end = max((time for times in rows.values() for time in times), default=0) or 1.0
    left = width_of(rows)
    scale = (WIDTH - left - 2 * MARGIN) / end
    bottom = ROW * len(rows)

    parts = axis(end, left, bottom)
    for number, (name, times) in enumerate(rows.items()):
        top = ROW * number
        marks = marks_at((left + MARGIN + time * scale for time in times), top + (ROW - MARK) / 2)
        drawn = f'<path d="{marks}" stroke="{COLOUR}" stroke-width="2.5"/>'
        parts.append(row(name, said[name], drawn, left, top))
    lines = list(said.values()) or ["no recordings"]
    return Drawing(picture("\n".join(parts), bottom + AXIS, "; ".join(lines)), "\n".join(lines))


def arrivals_in_words(times: Sequence[float]) -> str:
    """How many frames there are, and in which seconds they came."""
    if not times:
        return "no frames"
    if len(times) == 1:
        return f"1 frame at {times[0]:.2f} s"
    return f"{len(times):,} frames between {min(times):.2f} s and {max(times):.2f} s"


def draw_latency(rows: Mapping[str, Sequence[float]]) -> Drawing:
    """A row for each reply, from the times in seconds at which its tokens came.

    The thin line is the wait for the first token; the broad one goes from there to the last.
    """
    said = {name: f"{name}: {latency_in_words(times)}" for name, times in rows.items()}
    end = max((time for times in rows.values() for time in times), default=0) or 1.0
    left = width_of(rows)
    scale = (WIDTH - left - 2 * MARGIN) / end
    height = ROW + LINE
    bottom = height * len(rows)

    parts = axis(end, left, bottom)
    for number, (name, times) in enumerate(rows.items()):
        top, start = height * number, left + MARGIN
        drawn = text(latency_in_words(times), start + 4, top + ROW + 8, "start")
        if times:
            first, last = start + min(times) * scale, start + max(times) * scale
            middle = top + ROW / 2
            drawn += (
                f'<path d="M{start:g} {middle:g}H{first:.1f}" stroke="{COLOUR}" stroke-width="2"/>'
                f'<path d="M{first - 1.5:.1f} {middle:g}H{last + 1.5:.1f}"'
                f' stroke="{COLOUR}" stroke-width="{MARK}"/>'
            )
        parts.append(row(name, said[name], drawn, left, top, height))
    lines = list(said.values()) or ["no replies"]
    return Drawing(picture("\n".join(parts), bottom + AXIS, "; ".join(lines)), "\n".join(lines))


def latency_in_words(times: Sequence[float]) -> str:
    if not times:
        return "no tokens"
    return f"first token {min(times):.2f} s, total {max(times):.2f} s"


def draw_probabilities(
    probabilities: Mapping[str, float], title: str = "", most: int = 8
) -> Drawing:
    """A bar for each of the `most` probable tokens, and one for all the others together.

    A probability of 1 has the same length in each picture, so they can be compared.
    """
    found = sorted(probabilities.items(), key=lambda item: -item[1])
    bars = [(json.dumps(token, ensure_ascii=False), share) for token, share in found[:most]]
    if others := found[most:]:
        bars.append((f"{len(others):,} others", sum(share for _, share in others)))
    title = title or ("" if bars else "no tokens")
    return draw_shares(
        [(seen(name), name, f"{share:.2g}", share) for name, share in bars], title, TOKEN
    )


def draw_ratios(ratios: Mapping[str, float], title: str = "") -> Drawing:
    """A bar for each name. The longest has the whole width."""
    most = max(ratios.values(), default=0) or 1.0
    bars = [(name, name, f"{ratio:.2f}", ratio / most) for name, ratio in ratios.items()]
    return draw_shares(bars, title)


def draw_shares(
    bars: Sequence[tuple[str, str, str, float]], title: str, least: float = 0
) -> Drawing:
    """Bars below each other: the name as it is seen and as it is said, the value, the length.

    A length of 1 is the whole width. The names take `least` pixels or more.
    """
    left = max(least, width_of(name for name, *_ in bars))
    top = ROW if title else 0
    lines = [title] if title else []
    parts = [text(title, MARGIN, ROW / 2 + 4.5, "start")] if title else []
    for name, said, value, length in bars:
        lines.append(f"{said} {value}")
        x, width = left + MARGIN, length * (WIDTH - left - 2 * MARGIN - NUMBER)
        size = f'width="{width:.1f}" height="{MARK}"'
        drawn = f'<rect x="{x:g}" y="{top + (BAR - MARK) / 2:g}" {size} fill="{COLOUR}"/>'
        drawn += text(value, x + width + 6, top + BAR / 2 + 4.5, "start")
        parts.append(row(name, lines[-1], drawn, left, top, BAR))
        top += BAR
    return Drawing(picture("\n".join(parts), top, "; ".join(lines)), "\n".join(lines))


def seen(token: str) -> str:
    """A token in quotes, with its spaces as signs that can be seen."""
    return token.replace(" ", "␣") if token.startswith('"') else token


def row(name: str, said: str, drawn: str, left: float, top: float, height: float = ROW) -> str:
    """A row with its name before `left`, and what it says for who points at it."""
    return (
        f"<g><title>{escape(said)}</title>"
        f'<rect y="{top}" width="{WIDTH}" height="{height}" fill="none" pointer-events="all"/>'
        f"{text(shortened(name), left, top + min(ROW, height) / 2 + 4.5, 'end')}{drawn}</g>"
    )


def axis(end: float, left: float, bottom: float) -> list[str]:
    """The seconds from 0 to `end`, below the rows."""
    parts = []
    for time in steps(end):
        x = left + MARGIN + time / end * (WIDTH - left - 2 * MARGIN)
        parts.append(f'<path d="M{x:.1f} 0V{bottom + 4}" stroke="currentColor" opacity=".25"/>')
        parts.append(text(f"{time:g}", x, bottom + 20, "middle"))
    return [*parts, text("seconds after the request", (left + WIDTH) / 2, bottom + 40, "middle")]


def width_of(names: Iterable[str]) -> float:
    """Where the names of rows end, from the left."""
    return MARGIN + CHARACTER * max((len(shortened(name)) for name in names), default=0)


def picture(inside: str, height: float, words: str) -> str:
    """An SVG as wide as `WIDTH`, or as the page if that is narrower."""
    return (
        f'<svg class="chatkit-drawing" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' aria-label="{escape(words)}" viewBox="0 0 {WIDTH} {height:g}"'
        f' style="display: block; width: 100%; max-width: {WIDTH}px; font: 13px sans-serif">\n'
        f"{inside}\n</svg>"
    )


def text(words: str, x: float, y: float, anchor: str) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="currentColor">{escape(words)}</text>'


def marks_at(positions: Iterable[float], top: float) -> str:
    """The path of upright marks. Two that cannot be told apart are one."""
    found = dict.fromkeys(f"{x:.1f}" for x in positions)
    return "".join(f"M{x} {top:g}v{MARK}" for x in found)


def shortened(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"


def steps(end: float) -> list[float]:
    """Round numbers from 0 to `end`, at equal distances: `STEPS` of them or fewer after the 0."""
    least = end / STEPS
    unit = 10.0 ** math.floor(math.log10(least))
    step = next(step for factor in (1, 2, 5, 10) if (step := factor * unit) >= least * 0.999_999)
    return [number * step for number in range(int(end / step * 1.000_001) + 1)]
