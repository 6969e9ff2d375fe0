"""The page with maps: whole, and as a browser shows and moves it."""

import re

import numpy as np
import pytest
import torch
from chromium import QUICK, look, needs_chromium
from pages import check_needs_no_other_file

from narrows.loading import PackedDataset
from narrows.mapping.classes import HUES, classes_of
from narrows.mapping.maps import Codes
from narrows.mapping.measures import Measured
from narrows.mapping.options import Options
from narrows.mapping.page import Drawn, render_page
from narrows.mapping.points import Points

SIDE, OLD, NEW = 6, 40, 9
LABELS = ("nought", "one <b>")
# What lies on the maps of the new points, from 0 to 1: one in the middle, four around it.
CROSS = [(0.5, 0.5), (0.3, 0.5), (0.7, 0.5), (0.5, 0.3), (0.5, 0.7)]


def points(source, places, kind):
    """Points whose pictures are as bright as their numbers say."""
    n = len(places)
    x = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 1, SIDE, SIDE) * 5
    if kind != "image":
        x = x.float().flatten(1)
    labels = np.eye(2, dtype=np.uint8)[np.arange(n) % 2]
    examples = PackedDataset(x.contiguous(), torch.from_numpy(labels))
    return Points(source, "row", range(n), examples, x.flatten(1).numpy(), places, labels)


def page_of(kind):
    rng = np.random.default_rng(0)
    old = rng.random((OLD, 2))
    # Corners, so that the frame is known.
    old[:4] = [(0, 0), (0, 1), (1, 0), (1, 1)]
    new = np.array([*CROSS, *[(3.0, 3.0)] * (NEW - len(CROSS))])
    maps = [Codes("code, 2 numbers", old, new, 2.5), Codes("PCA, 2 numbers", old[::-1], new[::-1])]
    parts = points("train", old, kind), points("new <i>", new, kind)
    told = [f"weight = {i} <u>" for i in range(OLD + NEW)]
    drawn = Drawn(maps, *parts, told, LABELS, classes_of(*parts, LABELS))
    measured = [
        Measured(one.name, 2, 0.9, 0.8, 0.95, None, one.sse, {1: 0.75, 1023: 0.5}) for one in maps
    ]
    return render_page("runs/<x>", drawn, measured, Options(model="run"))


@pytest.fixture(scope="module", params=["image", "table"])
def page(request):
    return page_of(request.param)


def test_it_needs_no_other_file_and_no_text_is_taken_for_html(page):
    check_needs_no_other_file(page, scripts=2)
    assert not re.search("<[biu]>", page)


def test_its_numbers_stand_in_the_table(page):
    worth, retrieval = re.findall("<table>(.*?)</table>", page, re.DOTALL)
    cells = [re.findall("<td>(.*?)</td>", row) for row in worth.split("<tr>")[2:]]
    assert cells == [["0.900", "0.800", "0.950", "–", sse] for sse in ("2.5", "–")]
    heading, *rows = retrieval.split("<tr>")[1:]
    assert re.findall(">([0-9,]+)<", heading) == ["1", "1,023"]
    assert [re.findall("<td>(.*?)</td>", row) for row in rows] == [["0.750", "0.500"]] * 2


_MOVES = """return (async () => {
const view = page.defaultView, found = expression => view.eval(expression);
// The browser's clock jumps, and it has no frames while nothing is looked at.
const box = page.getElementById("map"), read = id => page.getElementById(id).textContent;
const send = (type, right, down, pointerType = "mouse") => {
  const {left, top, width, height} = box.getBoundingClientRect();
  box.dispatchEvent(new view.PointerEvent(type, {bubbles: true, pointerType, pointerId: 1,
    clientX: left + right * width, clientY: top + down * height}));
};
const press = (target, key) => target.dispatchEvent(
  new view.KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const named = () => [read("name"), read("labels"), read("told")];
const place = i => found(`placeOf(${i}, 1)`);
const states = {start: read("name"), tabs: page.querySelectorAll("[role=tab]").length};
page.getElementById("old").click();
const middle = place(OLD);
send("pointermove", middle[0], middle[1]);
states.hovered = named();
await new Promise(done => setTimeout(done, 200));
states.hidden = page.getElementById("picture").hidden;
const pen = page.getElementById("picture").getContext("2d");
states.colour = [...pen.getImageData(0, 0, 1, 1).data];
states.walked = {};
for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
  found(`choose(${OLD})`);
  press(box, key);
  states.walked[key] = found("state.chosen") - OLD;
}
states.border = place(OLD + NEW - 1);
press(box, "+");
states.closer = found("state.view.span");
press(box, "0");
states.whole = found("state.view.span");
const [first, second] = page.querySelectorAll("[role=tab]");
first.focus();
press(first, "ArrowRight");
states.tab = [second.ariaSelected, first.ariaSelected, page.activeElement === second];
states.other = place(OLD + NEW - 1);
const legend = [...page.querySelectorAll("#legend button")];
states.legend = legend.map(entry => entry.textContent);
legend[1].click();
states.pressed = legend.map(entry => entry.ariaPressed);
send("pointermove", ...place(OLD + NEW - 1));
states.only = read("labels");
found("drawGround()");
const ground = box.querySelector("canvas");
const image = ground.getContext("2d").getImageData(0, 0, ground.width, ground.height).data;
states.ink = image.some((value, i) => i % 4 === 3 && value > 100);
states.wide = page.documentElement.scrollWidth;
states.back = view.getComputedStyle(page.body).backgroundColor;
return states;
})();""".replace("OLD", str(OLD)).replace("NEW", str(NEW))


@needs_chromium
@pytest.mark.parametrize(("kind", "width", "dark"), [("image", 360, True), ("table", 1000, False)])
def test_points_are_named_and_maps_moved(kind, width, dark, tmp_path):
    flags = [QUICK, f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    found = look(page_of(kind), tmp_path, width, _MOVES, *flags)
    assert (found["start"], found["tabs"]) == ("No point chosen", 2)
    assert found["hovered"] == ["row 0 of new <i>", "nought", f"weight = {OLD} <u>"]
    assert found["hidden"] == (kind != "image")
    if kind == "image":
        # The first of the new pictures is black.
        assert found["colour"] == [0, 0, 0, 255]
    # Down on the page is down on the map, where the second number is less.
    assert found["walked"] == {"ArrowLeft": 1, "ArrowRight": 2, "ArrowUp": 4, "ArrowDown": 3}
    # What lies beyond the frame is on its border.
    assert found["border"] == [1, 0]
    assert found["closer"] < found["whole"] == 1
    assert found["tab"] == ["true", "false", True]
    assert found["other"] == pytest.approx([0.5, 0.5], abs=0.01)
    assert found["legend"] == list(LABELS)
    assert found["pressed"] == ["false", "true"]
    assert found["only"] == LABELS[1]
    assert found["ink"]
    assert found["wide"] <= width
    assert found["back"] == ("rgb(20, 22, 26)" if dark else "rgb(255, 255, 255)")


def test_labels_beyond_the_colours_are_grey():
    n = len(HUES) + 3
    labels = np.eye(n, dtype=np.uint8)
    data = PackedDataset.unlabelled(torch.zeros(n, 1))
    some = Points("train", "row", range(n), data, np.zeros((n, 1)), np.zeros((n, 2)), labels)
    # The last ones are twice as frequent.
    more = some._replace(labels=labels * (np.arange(n) >= 3))
    names = tuple(map(str, range(n)))
    classes = classes_of(some, more, names)
    assert classes.names == list(names[3:])
    assert classes.rest
    assert classes.of(some).tolist() == [-1, -1, -1, *range(len(HUES))]
