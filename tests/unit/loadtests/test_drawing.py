from xml.etree import ElementTree

import pytest

from loadtests.drawing import Picture, Series, Tone, draw, ticks

TONE = Tone("#005500", "#55ff55")
SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Picture("Calls < 5 & more", 'In words: "a" < b', "seconds", "calls per second")
LINE = Series("asked", TONE, [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)])


def drawn(*series: Series, picture: Picture = PICTURE) -> ElementTree.Element:
    return ElementTree.fromstring(draw(picture, series))  # noqa: S314 -- our own


def paths(root: ElementTree.Element) -> list[str]:
    return [path.attrib["d"] for path in root.iter(f"{SVG}path")]


def test_a_picture_says_in_words_what_it_shows() -> None:
    root = drawn(LINE)

    named = {part.attrib["id"]: part.text for part in root if "id" in part.attrib}
    assert root.attrib["role"] == "img"
    assert named == {"title": PICTURE.title, "description": PICTURE.description}
    assert root.attrib["aria-labelledby"].split() == list(named)


def test_a_picture_needs_nothing_from_outside() -> None:
    text = draw(PICTURE, [LINE]).replace("http://www.w3.org/2000/svg", "")

    assert not any(word in text for word in ("http", "href", "<script", "@import", "url("))


def test_every_tone_has_its_colour_on_light_and_on_dark() -> None:
    (style,) = drawn(LINE).iter(f"{SVG}style")

    light, dark = (style.text or "").split("@media(prefers-color-scheme:dark)")
    assert f".s0{{stroke:{TONE.light}}}" in light
    assert f".s0{{stroke:{TONE.dark}}}" in dark


def test_steps_hold_until_the_next() -> None:
    straight = paths(drawn(LINE))[0]
    steps = paths(drawn(Series("asked", TONE, LINE.points, "steps")))[0]

    assert (straight.count("L"), steps.count("L")) == (2, 4)


def test_a_long_line_keeps_what_is_seen_of_it() -> None:
    peak = [(at / 1000, 5.0 if at == 31_415 else at % 7 / 7) for at in range(100_000)]

    (path, _) = paths(drawn(Series("asked", TONE, peak)))

    assert path.count("L") < 5000
    assert path.count(f" {peak_place(path)}") == 1


def peak_place(path: str) -> float:
    """The highest place of a path; up is small in SVG."""
    return min(float(pair.split()[1]) for pair in path[1:].split("L"))


def test_dots_of_one_place_are_drawn_once() -> None:
    same = Series("admitted", TONE, [(1.0, 2.0)] * 50 + [(2.0, 1.0)], "dots")

    assert paths(drawn(same))[0].count("M") == 2


def test_factors_of_ten_are_a_step_each() -> None:
    picture = Picture("t", "d", "x", "y", log=True)

    root = drawn(Series("a", TONE, [(0.0, 0.5), (1.0, 200.0)], "dots"), picture=picture)

    labels = [text.text for text in root.iter(f"{SVG}text")]
    assert labels[:4] == ["0.1", "1", "10", "100"]


@pytest.mark.parametrize("log", [False, True])
def test_a_picture_of_nothing_is_still_one(log: bool) -> None:
    root = drawn(Series("asked", TONE, []), picture=Picture("t", "d", "x", "y", log=log))

    assert paths(root) == []


@pytest.mark.parametrize("top", [0.003, 1.0, 4.2, 99.0, 400.0, 12_345.0])
def test_ticks_are_few_round_and_within(top: float) -> None:
    found = ticks(top)

    assert found[0] == 0
    assert 3 <= len(found) <= 9
    assert found[-1] <= top
