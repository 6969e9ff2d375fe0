// Outlines of letters: where a picture's values pass through a level, with curves instead of corners.
// The level is a share of the letter's darkest value, so that thin and faint ones do not break up.
const LEVEL = .46;
const W = width + 2, H = height + 2;
// A letter, and the same with a frame of nothing, so that all outlines are closed.
const inner = new Float32Array(pixels), field = new Float32Array(W * H);
const next = new Int32Array(W * H * 2);
const TOP = 0, RIGHT = 1, BOTTOM = 2, LEFT = 3;
// By which corners of a square are ink (1 top left, 2 top right, 4 bottom right, 8 bottom left): from
// which side to which the outline runs.
const RUNS = [[], [TOP, LEFT], [RIGHT, TOP], [RIGHT, LEFT], [BOTTOM, RIGHT],
  [TOP, LEFT, BOTTOM, RIGHT], [BOTTOM, TOP], [BOTTOM, LEFT], [LEFT, BOTTOM], [TOP, BOTTOM],
  [RIGHT, TOP, LEFT, BOTTOM], [RIGHT, BOTTOM], [LEFT, RIGHT], [TOP, RIGHT], [LEFT, TOP], []];

// Returns a letter: its closed outlines, [x, y, x, y, …] each, in pixels of the picture, and how far
// its ink reaches in each row.
const outline = (cell, sum) => {
  drawCell(cell, sum, inner, 0);
  let most = .1;
  for (let pixel = 0; pixel < pixels; pixel++) if (inner[pixel] > most) most = inner[pixel];
  for (let y = 0; y < height; y++)
    field.set(inner.subarray(y * width, (y + 1) * width), (y + 1) * W + 1);
  next.fill(-1);
  const level = LEVEL * most;
  const crossed = [];
  for (let y = 0; y < H - 1; y++) for (let x = 0; x < W - 1; x++) {
    const i = y * W + x;
    const kind = (field[i] > level) | (field[i + 1] > level) << 1
      | (field[i + W + 1] > level) << 2 | (field[i + W] > level) << 3;
    const runs = RUNS[kind];
    for (let k = 0; k < runs.length; k += 2) {
      const from = side(i, runs[k]);
      next[from] = side(i, runs[k + 1]);
      crossed.push(from);
    }
  }
  const loops = [], left = new Float32Array(height).fill(Infinity);
  const right = new Float32Array(height).fill(-Infinity);
  for (const start of crossed) {
    if (next[start] < 0) continue;
    const points = [];
    for (let edge = start; next[edge] >= 0;) {
      const i = edge >> 1, step = edge & 1 ? W : 1;
      const t = (level - field[i]) / (field[i + step] - field[i]);
      const x = i % W - .5 + (edge & 1 ? 0 : t), y = (i / W | 0) - .5 + (edge & 1 ? t : 0);
      points.push(x, y);
      const row = Math.min(Math.max(y | 0, 0), height - 1);
      left[row] = Math.min(left[row], x);
      right[row] = Math.max(right[row], x);
      const following = next[edge];
      next[edge] = -1;
      edge = following;
    }
    loops.push(points);
  }
  return {loops, left, right, from: Math.min(...left), to: Math.max(...right)};
};
// An edge's number: that of its first point, twice, and one more if it runs down.
const side = (i, which) => which === TOP ? 2 * i : which === LEFT ? 2 * i + 1
  : which === BOTTOM ? 2 * (i + W) : 2 * (i + 1) + 1;

// Draws a letter with a pen, which is a canvas's context or writes a path.
const ink = (letter, pen, x, y, scale) => {
  for (const points of letter.loops) {
    const n = points.length;
    const px = i => x + points[i % n] * scale, py = i => y + points[i % n + 1] * scale;
    pen.moveTo((px(n - 2) + px(0)) / 2, (py(n - 2) + py(0)) / 2);
    for (let i = 0; i < n; i += 2)
      pen.quadraticCurveTo(px(i), py(i), (px(i) + px(i + 2)) / 2, (py(i) + py(i + 2)) / 2);
    pen.closePath();
  }
};

// Where the letters of a word stand: closer where their shapes leave room, as a printer does it.
const GAP = .055 * height, SPACE = .26 * height, ROOM = .2 * height;
const setting = letters => {
  const at = [];
  let x = 0, before = null;
  for (const letter of letters) {
    if (letter && letter.loops.length) {
      if (before) x += GAP - nearness(before, letter);
      at.push(x - letter.from);
      x += letter.to - letter.from;
      before = letter;
    } else {
      at.push(x);
      x += SPACE;
      before = null;
    }
  }
  return {at, length: x};
};
// How much closer than their boxes two letters may come.
const nearness = (one, other) => {
  let least = ROOM, total = 0, rows = 0;
  for (let y = 0; y < height; y++) {
    const a = one.to - one.right[y], b = other.left[y] - other.from;
    if (a === Infinity && b === Infinity) continue;
    const free = Math.min(a + b, ROOM);
    least = Math.min(least, free);
    total += free;
    rows++;
  }
  return rows ? least * .6 + (total / rows - least) * .3 : 0;
};
