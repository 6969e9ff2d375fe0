"""The map of codes as a browser shows it."""

import numpy as np
import pytest
from chromium import QUICK, look, needs_chromium

from narrows.exploring.atlas import make_atlas
from narrows.exploring.frame import Frame
from narrows.exploring.marks import Mark
from narrows.exploring.page import GRID, Model, cells_of, render_page

pytestmark = needs_chromium

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SIZE = 20
NAMES = ("Antique", "Bodoni <b>", "Caslon")

# Frames by the clock, which the browser may have jump: it draws none while nothing is looked at.
_FRAMES = """<script>
requestAnimationFrame = frame => setTimeout(() => frame(performance.now()), 16);
</script>"""
_TOOLS = """
const view = page.defaultView, found = expression => view.eval(expression);
const frames = n => new Promise(done => {
  const step = left => left ? view.requestAnimationFrame(() => step(left - 1)) : done();
  step(n);
});
const map = page.getElementById("map"), specimen = page.getElementById("specimen");
const send = (type, right, down, pointerType = "mouse") => {
  const box = map.getBoundingClientRect();
  map.dispatchEvent(new view.PointerEvent(type, {bubbles: true, pointerType,
    clientX: box.left + right * box.width, clientY: box.top + down * box.height}));
};
const press = (key, shiftKey = false) =>
  map.dispatchEvent(new view.KeyboardEvent("keydown", {key, shiftKey, cancelable: true}));
const copied = canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = copy.getContext("2d", {willReadFrequently: true});
  pen.drawImage(canvas, 0, 0);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
};
const ink = canvas => {
  const image = copied(canvas);
  let sum = 0;
  for (let i = 3; i < image.length; i += 4) sum += image[i];
  return sum / 255 / (image.length / 4);
};
"""


def rings(codes):
    """A typeface whose letters are rings, as wide as the first number says, as bold as the second.

    Returns:
        (n, 1, 8 * SIZE, 8 * SIZE) logits.
    """
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    width, bold = codes[:, 0, None, None] + 6, codes[:, 1, None, None] / 2 + 1.6
    one = (bold - np.abs(np.hypot(x / width * 6, y) - 6)) * 2
    return np.tile(one, (1, 8, 8))[:, None].astype(np.float32)


def values(codes):
    return cells_of(rings(codes), LETTERS).reshape(len(codes), -1)


@pytest.fixture(scope="module")
def frame():
    return Frame.of(np.random.default_rng(0).normal(size=(300, 2)).clip(-1.6, 1.6), GRID)


@pytest.fixture(scope="module")
def typefaces(frame):
    atlas = make_atlas(values, frame.grid().reshape(-1, 2), logits=True)
    places = [(0.1, 0.15), (0.6, 0.5), (0.85, 0.9)]
    marks = [Mark(name, *at, "train", -1) for name, at in zip(NAMES, places, strict=True)]
    marks.append(Mark("Didot", 0.3, 0.7, "test", -1))
    page = render_page(Model("run", LETTERS, (1, 8 * SIZE, 8 * SIZE), ()), atlas, marks)
    return page.replace("<head>", f"<head>{_FRAMES}")


@pytest.fixture(scope="module")
def pictures(frame):
    def coloured(codes):
        logits = rings(codes)[..., :SIZE, :SIZE]
        return (np.tanh(logits * np.array([1, 0.5, -0.5])[:, None, None]) + 1) / 2

    atlas = make_atlas(
        lambda c: coloured(c).reshape(len(c), -1), frame.grid().reshape(-1, 2), logits=False
    )
    marks = [Mark("ab"[i % 2], i / 9, (i * 0.37) % 1, "train", i % 2) for i in range(10)]
    page = render_page(Model("run", "", (3, SIZE, SIZE), ("a", "b")), atlas, marks)
    return page.replace("<head>", f"<head>{_FRAMES}"), coloured


def test_at_grid_points_the_page_draws_what_the_decoder_gives(typefaces, frame, tmp_path):
    nodes = [[0, 0], [5, 20], [16, 16], [32, 32]]
    script = f"""{_TOOLS}
    return {nodes}.map(([down, right]) =>
      [...found(`picturesAt(${{right / {GRID - 1}}}, ${{down / {GRID - 1}}})`)]);"""
    drawn = np.array(look(typefaces, tmp_path, 1000, script)).reshape(len(nodes), 62, SIZE, SIZE)
    codes = np.array([frame.grid()[*node] for node in nodes])
    wanted = 1 / (1 + np.exp(-cells_of(rings(codes), LETTERS)))
    assert np.abs(drawn - wanted).max() < 6 / 255
    # The pictures differ by much more than that.
    assert np.abs(wanted[0] - wanted[3]).max() > 0.9


def test_pictures_in_colour_are_the_decoders_too(pictures, frame, tmp_path):
    page, coloured = pictures
    script = f"""{_TOOLS}
    send("pointermove", .25, .75);
    await frames(3);
    const {{width, height}} = specimen;
    const [r, g, b] = copied(specimen).slice(4 * (width * (height >> 1) + (width >> 1)));
    return {{values: [...found("picturesAt(.25, .75)")], middle: [r, g, b],
      wide: page.documentElement.scrollWidth, ends: [...page.querySelectorAll("#from option")]
      .map(end => end.textContent), legend: page.getElementById("legend").textContent}};"""
    found = look(page, tmp_path, 360, f"return (async () => {{{script}}})();")
    step = (GRID - 1) // 4
    (wanted,) = coloured(frame.grid()[3 * step, step][None])
    assert np.abs(np.array(found["values"]).reshape(wanted.shape) - wanted).max() < 6 / 255
    middle = wanted[:, SIZE // 2, SIZE // 2] * 255
    assert np.abs(np.array(found["middle"]) - middle).max() < 12
    assert found["wide"] <= 360
    assert found["ends"] == ["a", "b"]
    assert found["legend"] == "ab"


_MOVES = f"""return (async () => {{{_TOOLS}
const states = {{}};
const note = async name => {{
  await frames(3);
  states[name] = {{ink: ink(specimen), letters: ink(page.getElementById("alphabet")),
    place: {{...found("place")}}, told: page.getElementById("where").textContent}};
}};
await frames(3);
await note("start");
send("pointermove", .1, .05);
await note("thin");
send("pointermove", .1, .95);
await note("bold");
send("pointerleave", .1, .95);
await frames(60);
await note("left");
send("pointerdown", .3, .7, "touch");
await note("touched");
map.focus();
press("ArrowRight");
await frames(60);
await note("right");
press("ArrowUp", true);
await frames(60);
await note("up");
const word = page.getElementById("word");
word.value = "Ölé 1!";
word.dispatchEvent(new view.Event("input"));
await note("word");
states.typed = found("typed().join('')");
word.value = "§";
word.dispatchEvent(new view.Event("input"));
await note("nothing");
states.focused = page.activeElement === map;
states.wide = page.documentElement.scrollWidth;
states.dark = view.matchMedia("(prefers-color-scheme: dark)").matches;
const middle = copied(specimen);
let at = 3;
while (middle[at] < 255) at += 4;
states.colour = [...middle.slice(at - 3, at)];
states.names = [...page.querySelectorAll("#from option")].map(option => option.textContent);
return states;
}})();"""


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1000, False)])
def test_letters_change_where_the_place_moves(typefaces, tmp_path, width, dark):
    flags = [QUICK, f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    found = look(typefaces, tmp_path, width, _MOVES, *flags)
    assert found["wide"] <= width
    for canvas in ("ink", "letters"):
        inks = [found[name][canvas] for name in ("thin", "start", "bold")]
        assert inks == sorted(inks) or inks == sorted(inks, reverse=True)
        assert max(inks) > 1.3 * min(inks) > 0

    def at(name):
        return found[name]["place"]["right"], found[name]["place"]["down"]

    assert at("thin") == pytest.approx((0.1, 0.05), abs=0.01)
    # Without a click it comes back to where it was.
    assert at("left") == pytest.approx((0.5, 0.5), abs=0.01)
    assert at("touched") == pytest.approx((0.3, 0.7), abs=0.01)
    assert at("right") == pytest.approx((0.32, 0.7), abs=0.01)
    assert at("up") == pytest.approx((0.32, 0.6), abs=0.01)
    assert found["typed"] == "Ole 1"
    assert found["nothing"]["ink"] > 0
    assert found["focused"]
    assert found["names"] == [*NAMES, "Didot"]
    assert found["dark"] == dark
    assert (min(found["colour"]) > 200) == dark


def test_there_are_fifty_frames_a_second(typefaces, tmp_path):
    script = f"""{_TOOLS}
    const times = [];
    for (let i = 0; i < 30; i++) {{
      const began = performance.now();
      // All letters are drawn in every other frame.
      for (const half of [0, .5]) {{
        send("pointermove", (i + half) / 30, .4);
        found("draw()");
      }}
      // Has what was drawn reach the pixels.
      copied(specimen);
      times.push(performance.now() - began);
    }}
    return Math.min(...times);"""
    # The quickest: others wait for whatever else the machine does.
    assert 0 < look(typefaces, tmp_path, 1000, script, "--no-first-run") < 40


def test_a_path_is_played_and_stopped(typefaces, tmp_path):
    script = f"""return (async () => {{{_TOOLS}
    const play = page.getElementById("play"), places = [];
    page.getElementById("from").value = 0;
    page.getElementById("to").value = 2;
    play.click();
    const pressed = [play.ariaPressed];
    for (let i = 0; i < 90; i++) {{ await frames(1); places.push({{...found("place")}}); }}
    play.click();
    pressed.push(play.ariaPressed);
    await frames(2);
    const before = {{...found("place")}};
    await frames(10);
    return {{pressed, places, before, after: {{...found("place")}}}};
    }})();"""
    found = look(typefaces, tmp_path, 1000, script)
    assert found["pressed"] == ["true", "false"]
    assert found["before"] == found["after"]
    right, down = (np.array([place[key] for place in found["places"]]) for key in ("right", "down"))
    assert (np.diff(right) >= -1e-6).all()
    assert right[-1] > right[0] + 0.05
    # On the line from the first to the last.
    assert np.abs((down - 0.15) / 0.75 - (right - 0.1) / 0.75).max() < 1e-3


def test_the_page_needs_no_other_and_no_text_is_taken_for_html(typefaces):
    assert "http:" not in typefaces.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in typefaces
    assert "<b>" not in typefaces.replace("<b></b>", "")
    assert len(typefaces) < 8_000_000
