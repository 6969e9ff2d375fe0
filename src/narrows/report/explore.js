// The map, the specimen, and what moves the place: pointer, keys, paths.
const $ = id => document.getElementById(id);
const {letters} = data;
const marks = data.marks.map(([name, right, down, unseen, label]) =>
  ({name, right, down, unseen, label}));
const HUES = [210, 30, 120, 350, 265, 60, 180, 315, 90, 240];
const colour = label => `hsl(${HUES[label % HUES.length]} 85% ${label % 20 < 10 ? 66 : 45}%)`;
const word = $("word"), map = $("map"), [ground, overlay] = map.querySelectorAll("canvas");
let place = {right: .5, down: .5}, stays = place, target = null, path = null, style, waiting = 0, behind = false;

const fresh = canvas => {
  const box = canvas.getBoundingClientRect(), ratio = Math.min(devicePixelRatio || 1, 2);
  const size = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  return {pen, wide: box.width, high: box.height};
};
const readStyle = () => {
  const found = getComputedStyle(document.documentElement);
  style = Object.fromEntries(["text", "quiet", "back", "line", "accent"].map(name =>
    [name, found.getPropertyValue(`--${name}`).trim()]));
};

// The word: accents are taken off, and what has no picture is left out.
const typed = () => {
  const plain = [...word.value.normalize("NFD")].filter(c => c === " " || letters.includes(c));
  return plain.join("").trim() ? plain : [..."Ragtime"];
};
const cellOf = character => letters.indexOf(character);

const outlines = sum => {
  const kept = new Map();
  return character => {
    const cell = cellOf(character);
    if (cell < 0) return null;
    if (!kept.has(cell)) kept.set(cell, outline(cell, sum));
    return kept.get(cell);
  };
};
const set = (letter, wide, high) => {
  const shapes = typed().map(letter), {at, length} = setting(shapes);
  const scale = Math.min(wide / Math.max(length, 1), high / height * 1.04);
  // The baseline is at three quarters of a picture.
  const y = high * .5 - height * .52 * scale;
  return {shapes, scale, x: at.map(x => (wide - length * scale) / 2 + x * scale), y};
};
const write = (pen, {shapes, scale, x, y}) =>
  shapes.forEach((shape, i) => shape && ink(shape, pen, x[i], y, scale));

const drawWord = letter => {
  const {pen, wide, high} = fresh($("specimen"));
  pen.fillStyle = style.text;
  pen.beginPath();
  write(pen, set(letter, wide, high));
  pen.fill("evenodd");
};
const drawAlphabet = letter => {
  const canvas = $("alphabet"), wide = canvas.parentNode.clientWidth;
  const columns = Math.max(9, Math.min(14, Math.floor(wide / 34))), step = wide / columns;
  const rows = [letters.replace(/[^A-Z]/g, ""), letters.replace(/[^a-z]/g, ""),
    letters.replace(/\D/g, "")].flatMap(group => group.match(RegExp(`.{1,${columns}}`, "g")) || []);
  canvas.parentNode.style.height = `${rows.length * step * 1.12}px`;
  const {pen} = fresh(canvas), scale = step / width * 1.12;
  pen.fillStyle = style.text;
  pen.beginPath();
  rows.forEach((row, y) => [...row].forEach((character, x) => {
    const shape = letter(character);
    const middle = shape.loops.length ? (shape.from + shape.to) / 2 : width / 2;
    ink(shape, pen, (x + .5) * step - middle * scale, y * step * 1.12, scale);
  }));
  pen.fill("evenodd");
};

const imageOf = (right, down) => {
  const values = picturesAt(right, down), image = new ImageData(width, height);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < 3; c++)
      image.data[4 * pixel + c] = Math.round(255 * values[(cells === 3 ? c * pixels : 0) + pixel]);
    image.data[4 * pixel + 3] = 255;
  }
  return image;
};
const small = document.createElement("canvas");
[small.width, small.height] = [width, height];
const drawImage = (image, pen, x, y, wide, high) => {
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, x, y, wide, high);
};
const drawPicture = () => {
  const {pen, wide, high} = fresh($("specimen"));
  drawImage(imageOf(place.right, place.down), pen, 0, 0, wide, high);
};

// What lies behind the dots: the word's first letter, or the picture, at many places.
const drawGround = () => {
  const {pen, wide} = fresh(ground);
  const n = Math.max(8, Math.min(17, Math.round(wide / (letters ? 34 : 30)))), step = wide / n;
  const first = letters && typed().find(character => character !== " ");
  pen.beginPath();
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) {
    const right = (x + .5) / n, down = (y + .5) / n;
    if (!letters) {
      drawImage(imageOf(right, down), pen, x * step, y * step, step + .5, step + .5);
      continue;
    }
    const shape = outline(cellOf(first), coefficientsAt(right, down)), scale = step / height * .98;
    ink(shape, pen, (x + .5) * step - (shape.from + shape.to) / 2 * scale, (y + .5) * step
      - .54 * height * scale, scale);
  }
  if (letters) {
    pen.globalAlpha = .42;
    pen.fillStyle = style.quiet;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
  drawMarks(pen, wide);
};
const drawMarks = (pen, wide) => {
  pen.globalAlpha = letters ? .75 : 1;
  for (const mark of marks) {
    const small = letters ? 1.5 : 2.2;
    pen.beginPath();
    pen.arc(mark.right * wide, mark.down * wide, mark.unseen ? small + .4 : small, 0, 7);
    pen.fillStyle = mark.label >= 0 ? colour(mark.label) : style.accent;
    pen.strokeStyle = letters ? style.accent : "#0009";
    if (mark.unseen) pen.stroke(); else pen.fill();
    if (!letters) pen.stroke();
  }
  pen.globalAlpha = 1;
  if (letters) drawNames(pen, wide);
};
// Names that stand on the map all the time: of large families first, where there is room.
const family = mark => mark.name.split(/[ -]/)[0];
const known = (() => {
  const named = marks.filter(mark => letters && mark.name), members = {}, seen = new Set();
  for (const mark of named) members[family(mark)] = (members[family(mark)] || 0) + 1;
  // The shortest name of a family is the one of its plain face.
  return named.sort((one, other) => members[family(other)] - members[family(one)]
    || one.name.length - other.name.length || (one.name < other.name ? -1 : 1))
    .filter(mark => !seen.has(family(mark)) && seen.add(family(mark)));
})();
const drawNames = (pen, wide) => {
  const taken = [], most = wide < 420 ? 8 : 16;
  pen.font = "600 12px system-ui, sans-serif";
  for (const mark of known) {
    if (taken.length >= most) break;
    const long = pen.measureText(mark.name).width, x = mark.right * wide, y = mark.down * wide;
    const box = [x + 6, y - 9, x + 6 + long, y + 9];
    if (long > wide / 3 || box[2] > wide - 4 || y < 12 || y > wide - 12) continue;
    const room = ([l, t, r, b]) => box[0] > r + 14 || box[2] < l - 14 || box[1] > b + 10
      || box[3] < t - 10;
    if (!taken.every(room)) continue;
    taken.push(box);
    dot(pen, x, y, 3.2, style.accent);
    label(pen, mark.name, box[0], y, style.text);
  }
};
const dot = (pen, x, y, radius, fill) => {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fillStyle = fill;
  pen.fill();
};
const label = (pen, text, x, y, fill) => {
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = style.back;
  pen.strokeText(text, x, y);
  pen.fillStyle = fill;
  pen.fillText(text, x, y);
  pen.lineWidth = 1;
};

const nearest = () => {
  let best = null, least = Infinity;
  for (const mark of marks) {
    const far = (mark.right - place.right) ** 2 + (mark.down - place.down) ** 2;
    if (far < least && mark.name) [best, least] = [mark, far];
  }
  return best && {mark: best, far: Math.sqrt(least)};
};
const drawPlace = near => {
  const {pen, wide} = fresh(overlay), x = place.right * wide, y = place.down * wide;
  const line = path || stretch();
  if (line) {
    pen.setLineDash([2, 5]);
    pen.lineWidth = 2;
    pen.lineCap = "round";
    pen.strokeStyle = style.accent;
    pen.beginPath();
    pen.moveTo(line.from.right * wide, line.from.down * wide);
    pen.lineTo(line.to.right * wide, line.to.down * wide);
    pen.stroke();
    pen.setLineDash([]);
    for (const end of [line.from, line.to]) dot(pen, end.right * wide, end.down * wide, 4, style.accent);
  }
  for (const [radius, across, stroke] of [[10, 5, style.back], [10, 2.5, style.accent]]) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.lineWidth = across;
    pen.strokeStyle = stroke;
    pen.stroke();
  }
  if (!near || near.far > .06) return;
  pen.font = "600 13px system-ui, sans-serif";
  const long = pen.measureText(near.mark.name).width;
  const mx = near.mark.right * wide, my = near.mark.down * wide;
  dot(pen, mx, my, 3.5, style.text);
  const left = Math.max(4, Math.min(x + 14, wide - long - 18)), middle = y < 44 ? y + 28 : y - 28;
  pen.beginPath();
  pen.roundRect(left, middle - 12, long + 14, 24, 6);
  pen.fillStyle = style.text;
  pen.fill();
  pen.textBaseline = "middle";
  pen.fillStyle = style.back;
  pen.fillText(near.mark.name, left + 7, middle);
};

let told = "", telling = 0;
const tell = near => {
  const text = near ? near.mark.name : "";
  if (text === told) return;
  told = text;
  const rest = near && near.mark.unseen ? ", which it was not trained on" : "";
  clearTimeout(telling);
  // Readers of the screen are told where the place has come to rest.
  telling = setTimeout(() => {
    const bold = document.createElement("b");
    bold.textContent = text;
    $("where").replaceChildren("nearest: ", bold, rest);
  }, 120);
};

const draw = () => {
  waiting = 0;
  if (letters) {
    const letter = outlines(coefficientsAt(place.right, place.down));
    drawWord(letter);
    // While the place moves, the many small letters are drawn in every other frame.
    behind = !behind;
    if (behind) ask();
    else drawAlphabet(letter);
  } else drawPicture();
  const near = nearest();
  drawPlace(near);
  tell(near);
  if (target || path) step();
};
const ask = () => { waiting = waiting || requestAnimationFrame(draw); };
const between = x => Math.min(Math.max(x, 0), 1);
const move = (right, down) => {
  place = {right: between(right), down: between(down)};
  ask();
};

// Where the place glides on its own: to a target, or to and fro on a path.
const step = () => {
  if (path) {
    const t = (performance.now() - path.began) / 4500 % 2, part = t < 1 ? t : 2 - t;
    const eased = part * part * (3 - 2 * part), {from, to} = path;
    move(from.right + eased * (to.right - from.right), from.down + eased * (to.down - from.down));
    return;
  }
  const right = target.right - place.right, down = target.down - place.down;
  if (Math.hypot(right, down) < .001) {
    const {right, down} = target;
    target = null;
    move(right, down);
  } else move(place.right + .22 * right, place.down + .22 * down);
};
const glide = to => {
  stop();
  stays = target = to;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    target = null;
    move(to.right, to.down);
  } else ask();
};

const follow = event => {
  const box = map.getBoundingClientRect();
  target = null;
  move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
};
map.addEventListener("pointermove", event => {
  if (path) return;
  follow(event);
  if (event.pointerType !== "mouse") stays = place;
});
map.addEventListener("pointerdown", event => {
  stop();
  follow(event);
  stays = place;
});
map.addEventListener("pointerleave", event => {
  if (!path && event.pointerType === "mouse") glide(stays);
});
map.addEventListener("keydown", event => {
  const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
  if (!by) return;
  event.preventDefault();
  const far = event.shiftKey ? .1 : .02, from = target || place;
  glide({right: between(from.right + far * by[0]), down: between(from.down + far * by[1])});
});

const from = $("from"), to = $("to"), play = $("play");
// Ends of paths: typefaces by name; of labelled pictures, for each label its middle example.
const ends = (() => {
  const named = marks.filter(mark => mark.name);
  if (letters) {
    const first = new Map(named.toReversed().map(mark => [mark.name, mark]));
    known.forEach(mark => first.set(mark.name, mark));
    return [...first.values()].sort((one, other) => one.name.localeCompare(other.name));
  }
  return [...new Set(named.map(mark => mark.label))].sort((a, b) => a - b).map(label => {
    const own = named.filter(mark => mark.label === label);
    const mean = key => own.reduce((sum, mark) => sum + mark[key], 0) / own.length;
    const right = mean("right"), down = mean("down");
    const far = mark => Math.hypot(mark.right - right, mark.down - down);
    return own.reduce((best, mark) => far(mark) < far(best) ? mark : best);
  });
})();
const stretch = () => from && ends.length > 1
  ? {from: ends[from.value], to: ends[to.value]} : null;
const stop = () => {
  path = null;
  if (!play) return;
  play.textContent = "▶ Play the path";
  play.ariaPressed = "false";
};
const start = () => {
  target = null;
  path = {...stretch(), began: performance.now()};
  play.textContent = "■ Stop";
  play.ariaPressed = "true";
  ask();
};
if (from) {
  for (const select of [from, to]) {
    select.append(...ends.map((mark, i) => new Option(mark.name, i)));
    select.addEventListener("change", () => path ? start() : ask());
  }
  // Two known ones that lie far apart.
  const few = letters ? known.slice(0, 24) : ends;
  let far = -1;
  for (const one of few) for (const other of few) {
    const now = Math.hypot(one.right - other.right, one.down - other.down);
    if (now > far) [far, from.value, to.value] = [now, ends.indexOf(one), ends.indexOf(other)];
  }
  play.addEventListener("click", () => {
    if (!path) return start();
    stop();
    stays = place;
  });
}
$("elsewhere").addEventListener("click", () => {
  const {right, down} = marks[Math.floor(Math.random() * marks.length)];
  glide({right, down});
});

if (letters) {
  word.addEventListener("input", () => { drawGround(); ask(); });
  $("save").addEventListener("click", () => {
    const parts = [], number = (...values) => values.map(value => value.toFixed(2)).join(" ");
    const pen = {moveTo: (...p) => parts.push(`M${number(...p)}`), closePath: () => parts.push("Z"),
      quadraticCurveTo: (...p) => parts.push(`Q${number(...p)}`)};
    write(pen, set(outlines(coefficientsAt(place.right, place.down)), 1000, 300));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 300">`
      + `<path fill-rule="evenodd" d="${parts.join("")}"/></svg>`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}));
    link.download = `${typed().join("")}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
} else {
  $("legend").append(...data.labels.map((name, label) => {
    const item = document.createElement("li"), swatch = document.createElement("i");
    swatch.style.background = colour(label);
    item.append(swatch, name);
    return item;
  }));
}

const all = () => { readStyle(); drawGround(); ask(); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
addEventListener("resize", all);
addEventListener("beforeprint", () => { readStyle(); drawGround(); draw(); });
all();
