// What moves the view and chooses a point: pointer, touch, wheel, keys, and the buttons.
const pictureOf = (() => {
  if (!data.sheet) return () => {};
  const sheet = new Image(), canvas = $("picture"), {columns, width, height} = data.sheet;
  sheet.src = data.sheet.uri;
  [canvas.width, canvas.height] = [width, height];
  const draw = i => canvas.getContext("2d").drawImage(sheet, i % columns * width,
    Math.floor(i / columns) * height, width, height, 0, 0, width, height);
  return i => {
    canvas.hidden = false;
    $("card").classList.remove("plain");
    if (sheet.complete) draw(i);
    else sheet.addEventListener("load", () => draw(state.chosen), {once: true});
  };
})();
const tell = i => {
  const part = data.parts[i < data.old ? 0 : 1], name = part.names[i < data.old ? i : i - data.old];
  $("name").textContent = `${part.kind} ${name} of ${part.source}`;
  $("labels").textContent = data.own[i].map(label => data.labels[label]).join(", ");
  $("told").textContent = data.told[i];
  pictureOf(i);
};
const choose = i => {
  if (i < 0 || i === state.chosen) return;
  state.chosen = i;
  tell(i);
  drawChosen();
};

let waiting = 0;
const draw = () => {
  waiting = waiting || requestAnimationFrame(() => {
    waiting = 0;
    drawGround();
    drawChosen();
  });
};
// Zooms by a factor about a place in the box, from 0 to 1 on both sides.
const zoom = (factor, x = .5, y = .5) => {
  const {left, top, span} = state.view, now = Math.min(Math.max(span * factor, .01), 1);
  const edge = (from, at) => from + at * (span - now);
  state.view = now === 1 ? {...WHOLE} : {left: edge(left, x), top: edge(top, y), span: now};
  draw();
};
const pan = (right, down) => {
  if (state.view.span === 1) return;
  state.view.left -= right * state.view.span;
  state.view.top -= down * state.view.span;
  draw();
};
const whole = () => { state.view = {...WHOLE}; draw(); };

const at = event => {
  const {left, top, width} = box.getBoundingClientRect();
  return [event.clientX - left - 1, event.clientY - top - 1, width];
};
const fingers = new Map();
const spread = () => {
  const [a, b] = [...fingers.values()];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
};
box.addEventListener("pointerdown", event => {
  fingers.set(event.pointerId, at(event));
  const [x, y] = at(event);
  if (fingers.size === 1) choose(nearest(x, y, event.pointerType === "mouse" ? 20 : 40));
});
box.addEventListener("pointermove", event => {
  const [x, y, side] = at(event), before = fingers.get(event.pointerId);
  if (!before) {
    choose(nearest(x, y, 20));
    return;
  }
  const wide = fingers.size === 2 && spread();
  fingers.set(event.pointerId, [x, y, side]);
  if (fingers.size === 1) pan((x - before[0]) / side, (y - before[1]) / side);
  else if (wide) {
    const [a, b] = [...fingers.values()];
    zoom(wide / Math.max(spread(), 1), (a[0] + b[0]) / 2 / side, (a[1] + b[1]) / 2 / side);
  }
});
for (const end of ["pointerup", "pointercancel", "pointerleave"])
  box.addEventListener(end, event => fingers.delete(event.pointerId));
box.addEventListener("wheel", event => {
  event.preventDefault();
  const [x, y, side] = at(event);
  zoom(Math.exp(Math.min(Math.max(event.deltaY, -100), 100) / 300), x / side, y / side);
}, {passive: false});

// The nearest point on the side that an arrow points to; from none, the one in the middle.
const walk = (right, down) => {
  const side = box.clientWidth;
  if (state.chosen < 0 || !seen(state.chosen)) return choose(nearest(side / 2, side / 2, Infinity));
  const [x, y] = placeOf(state.chosen, side);
  choose(nearest(x, y, Infinity, (dx, dy, i) => {
    const along = dx * right + dy * down, across = Math.abs(dx * down) + Math.abs(dy * right);
    return i !== state.chosen && along > .5 && across <= along;
  }));
  const [nx, ny] = placeOf(state.chosen, side);
  if (nx < 0 || ny < 0 || nx > side || ny > side) pan(.5 - nx / side, .5 - ny / side);
};
box.addEventListener("keydown", event => {
  const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
  const side = box.clientWidth;
  const [x, y] = state.chosen < 0 ? [.5, .5] : placeOf(state.chosen, side).map(value => value / side);
  if (by) walk(...by);
  else if (event.key === "+" || event.key === "=") zoom(.7, x, y);
  else if (event.key === "-") zoom(1 / .7, x, y);
  else if (event.key === "0") whole();
  else return;
  event.preventDefault();
});
$("closer").addEventListener("click", () => zoom(.6));
$("away").addEventListener("click", () => zoom(1 / .6));
$("whole").addEventListener("click", whole);
for (const part of ["old", "new"]) $(part).addEventListener("change", draw);

const tabs = [...document.querySelectorAll("[role=tab]")];
const show = number => {
  tabs.forEach((tab, i) => {
    tab.ariaSelected = String(i === number);
    tab.tabIndex = i === number ? 0 : -1;
  });
  state.map = number;
  whole();
};
tabs.forEach((tab, i) => {
  tab.addEventListener("click", () => show(i));
  tab.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const next = (i + step + tabs.length) % tabs.length;
    show(next);
    tabs[next].focus();
  });
});

const highlight = number => {
  state.only = state.only === number ? null : number;
  entries.forEach(entry => { entry.ariaPressed = String(Number(entry.value) === state.only); });
  draw();
};
const entries = [...data.classes.keys(), ...(data.of.includes(-1) ? [-1] : [])].map(number => {
  const entry = document.createElement("button"), swatch = document.createElement("i");
  const [diamond, hue] = data.looks[number + 1];
  swatch.style.background = hue;
  swatch.classList.toggle("diamond", diamond);
  [entry.type, entry.value, entry.ariaPressed] = ["button", number, "false"];
  entry.append(swatch, number < 0 ? "other or none" : data.classes[number]);
  entry.addEventListener("click", () => highlight(number));
  return entry;
});
if (data.classes.length) $("legend").append(...entries);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", draw);
addEventListener("beforeprint", () => { drawGround(); drawChosen(); });
draw();
