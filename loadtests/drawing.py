"""Lines over time as one SVG that stands alone: no script, no font, readable on light and dark.

Pure. Every picture carries its own title and description for who cannot see it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 860, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 40, 44

_STYLE: Final = (
    "svg{font:12px system-ui,sans-serif;background:#fff}"
    "text{fill:#333}.axis{stroke:#888}.grid{stroke:#ddd}"
    "@media(prefers-color-scheme:dark){svg{background:#1b1b1f}text{fill:#ddd}"
    ".grid{stroke:#333}}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line.

    Attributes:
        name: In the legend.
        colour: CSS colour.
        points: (x, y), x ascending.
        steps: Whether y holds until the next x, as counts do.
        dashed: Whether the line is dashed, as estimates are.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    steps: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture says beside its lines.

    Attributes:
        title: One line, in the picture and for readers.
        description: The same in words, for who cannot see it.
        x: What runs to the right, with its unit.
        y: What runs up, with its unit.
    """

    title: str
    description: str
    x: str
    y: str


def draw(picture: Picture, series: Sequence[Series]) -> str:
    """Draw lines over a common scale.

    Args:
        picture: Its words.
        series: Its lines; those without points stand in the legend alone.

    Returns:
        An SVG document.
    """
    scale = _Scale.over([point for line in series for point in line.points])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        f' width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(picture.title)}</title>',
        f'<desc id="description">{escape(picture.description)}</desc>',
        f"<style>{_STYLE}</style>",
        *_axes(scale, picture),
        *(_line(scale, line) for line in series if line.points),
        *_legend(series),
        "</svg>",
    ]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    right: float
    top: float

    @classmethod
    def over(cls, points: Sequence[tuple[float, float]]) -> "_Scale":
        return cls(
            max((x for x, _ in points), default=0.0) or 1.0,
            1.05 * max((y for _, y in points), default=0.0) or 1.0,
        )

    def x(self, value: float) -> float:
        return round(_LEFT + value / self.right * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / self.top * (_HEIGHT - _TOP - _BOTTOM), 1)


def _axes(scale: _Scale, picture: Picture) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in ticks(scale.top):
        y = scale.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>'
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
    magnitude = 10.0 ** _exponent(raw)
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw)
    return [round(index * step, 9) for index in range(int(top / step) + 1)]


def _exponent(value: float) -> int:
    exponent = 0
    while 10.0**exponent > value:
        exponent -= 1
    while 10.0 ** (exponent + 1) <= value:
        exponent += 1
    return exponent


def _line(scale: _Scale, line: Series) -> str:
    points = [(scale.x(x), scale.y(y)) for x, y in line.points]
    path = f"M{points[0][0]} {points[0][1]}"
    for (_, before), (x, y) in pairwise(points):
        path += f"L{x} {before}L{x} {y}" if line.steps else f"L{x} {y}"
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    return f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="2"{dashes}/>'


def _legend(series: Sequence[Series]) -> Iterator[str]:
    x = _LEFT
    for line in series:
        dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
        yield (
            f'<line x1="{x}" x2="{x + 22}" y1="18" y2="18" stroke="{line.colour}" '
            f'stroke-width="3"{dashes}/>'
        )
        yield f'<text x="{x + 28}" y="22">{escape(line.name)}</text>'
        x += 44 + 7 * len(line.name)
