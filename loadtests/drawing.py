"""Lines and dots over time as one SVG that stands alone: no script, no font, light and dark.

Pure. Every picture carries its own title and description for who cannot see it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple, Self
from xml.sax.saxutils import escape

Shape = Literal["line", "steps", "dots", "crosses"]

_WIDTH, _HEIGHT = 860, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 40, 44

_STYLE: Final = (
    "svg{font:12px system-ui,sans-serif;background:#fff}"
    "text{fill:#333}.axis{stroke:#888}.grid{stroke:#ddd}path{fill:none;stroke-width:2}"
    ".crosses{stroke-width:1.6}.dots{stroke-width:3.6;stroke-linecap:round}"
)

_DARK: Final = "svg{background:#1b1b1f}text{fill:#ddd}.grid{stroke:#3a3a40}"


class Tone(NamedTuple):
    """A colour that stands out by at least 4.5 to 1.

    Attributes:
        light: On white.
        dark: On nearly black.
    """

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or dots.

    Attributes:
        name: In the legend.
        tone: Its colour.
        points: (x, y), x ascending.
        shape: Steps hold y until the next x, as counts do; dots and crosses stand alone.
        dashed: Whether the line is dashed, as what was not seen is.
    """

    name: str
    tone: Tone
    points: Sequence[tuple[float, float]]
    shape: Shape = "line"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture says beside its lines.

    Attributes:
        title: One line, in the picture and for readers.
        description: The same in words, for who cannot see it.
        x: What runs to the right, with its unit.
        y: What runs up, with its unit.
        log: Whether y runs up by factors of ten.
    """

    title: str
    description: str
    x: str
    y: str
    log: bool = False


def draw(picture: Picture, series: Sequence[Series]) -> str:
    """Draw lines over a common scale.

    Args:
        picture: Its words.
        series: Its lines; those without points are left out.

    Returns:
        An SVG document.
    """
    shown = [line for line in series if line.points]
    scale = _Scale.over([point for line in shown for point in line.points], log=picture.log)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        f' width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(picture.title)}</title>',
        f'<desc id="description">{escape(picture.description)}</desc>',
        f"<style>{_STYLE}{_tones(shown)}</style>",
        *_axes(scale, picture),
        *(_marks(scale, number, line) for number, line in enumerate(shown)),
        *_legend(shown),
        "</svg>",
    ]
    return "\n".join(parts)


def _tones(series: Sequence[Series]) -> str:
    light = "".join(f".s{at}{{stroke:{line.tone.light}}}" for at, line in enumerate(series))
    dark = "".join(f".s{at}{{stroke:{line.tone.dark}}}" for at, line in enumerate(series))
    return f"{light}@media(prefers-color-scheme:dark){{{_DARK}{dark}}}"


@dataclass(frozen=True, slots=True)
class _Scale:
    right: float
    bottom: float
    top: float
    log: bool

    @classmethod
    def over(cls, points: Sequence[tuple[float, float]], *, log: bool) -> Self:
        right = max((x for x, _ in points), default=0.0) or 1.0
        most = max((y for _, y in points), default=0.0)
        if not log:
            return cls(right, 0.0, 1.05 * most or 1.0, log=False)
        least = min((y for _, y in points if y > 0), default=1.0)
        bottom = 10.0 ** math.floor(math.log10(least))
        return cls(right, bottom, max(10 * bottom, 1.2 * most), log=True)

    def x(self, value: float) -> float:
        return round(_LEFT + value / self.right * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = value / self.top
        if self.log:
            decades = math.log10(max(value, self.bottom) / self.bottom)
            share = decades / math.log10(self.top / self.bottom)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    def grid(self) -> list[float]:
        if not self.log:
            return ticks(self.top)
        decades = math.floor(math.log10(self.top / self.bottom) + 1e-9)
        return [round(self.bottom * 10.0**each, 9) for each in range(decades + 1)]


def _axes(scale: _Scale, picture: Picture) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in scale.grid():
        y = scale.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{value:,.12g}</text>'
    for value in ticks(scale.right):
        x = scale.x(value)
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{value:g}</text>'
    yield f'<line class="axis" x1="{_LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    middle = (_LEFT + right) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(picture.x)}</text>'
    yield (
        f'<text transform="translate(14 {(_TOP + bottom) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(picture.y)}</text>'
    )


def ticks(top: float) -> list[float]:
    """Choose round numbers from 0 to `top`, four to nine of them."""
    raw = top / 5
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw)
    return [round(index * step, 9) for index in range(int(top / step) + 1)]


def _marks(scale: _Scale, number: int, line: Series) -> str:
    if line.shape in ("dots", "crosses"):
        places = {(int(scale.x(x)) // 2 * 2, int(scale.y(y)) // 2 * 2) for x, y in line.points}
        return _scattered(number, line, sorted(places))
    points = [(scale.x(x), scale.y(y)) for x, y in line.points]
    path = f"M{points[0][0]} {points[0][1]}"
    for (at, before), (x, y) in pairwise(_thinned(points)):
        turn = f"L{x} {before}" if line.shape == "steps" and x != at else ""
        path += f"{turn}L{x} {y}"
    return f'<path class="s{number}" d="{path}"{_dashes(number, line)}/>'


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of points in one column of pixels the first, lowest, highest and last: all that is seen."""
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int(point[0]), []).append(point)
    kept = []
    for column in columns.values():
        ends = [column[0], *sorted(column, key=lambda point: point[1])[:: len(column) - 1 or 1]]
        kept += [*ends, column[-1]] if len(column) > 4 else column
    return kept


def _scattered(number: int, line: Series, places: Sequence[tuple[float, float]]) -> str:
    """Short strokes, so that one path holds them all."""
    mark = "h0" if line.shape == "dots" else "m-2 -2l4 4m-4 0l4 -4"
    path = "".join(f"M{x} {y}{mark}" for x, y in places)
    return f'<path class="{line.shape} s{number}" d="{path}"/>'


def _dashes(number: int, line: Series) -> str:
    """Dashes of neighbours alternate, so that two lines in one place are both seen."""
    return f' stroke-dasharray="6 6" stroke-dashoffset="{number % 2 * 6}"' if line.dashed else ""


def _legend(series: Sequence[Series]) -> Iterator[str]:
    x = _LEFT
    for number, line in enumerate(series):
        if line.shape in ("dots", "crosses"):
            yield _scattered(number, line, [(x + 11, 18)])
        else:
            yield f'<path class="s{number}" d="M{x} 18h22"{_dashes(number, line)}/>'
        yield f'<text x="{x + 28}" y="22">{escape(line.name)}</text>'
        x += 48 + 7 * len(line.name)
