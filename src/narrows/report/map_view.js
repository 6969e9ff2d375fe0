// What is drawn: points of one map, seen through a window that moves and zooms.
const data = JSON.parse(document.getElementById("data").textContent);
const unpacked = text => {
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return new Float32Array(bytes.buffer);
};
// Of each map: x and y of each point, from 0 to 1 where it is in the frame.
const maps = data.maps.map(unpacked);
const n = data.of.length;
const $ = id => document.getElementById(id);
const box = $("map"), [ground, overlay] = box.querySelectorAll("canvas");
const WHOLE = {left: 0, top: 0, span: 1};
const state = {map: 0, view: {...WHOLE}, chosen: -1, only: null};

const fresh = canvas => {
  const side = box.clientWidth, ratio = Math.min(devicePixelRatio || 1, 2);
  const size = Math.round(side * ratio);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, side, side);
  return {pen, side};
};
const seen = i => $(i < data.old ? "old" : "new").checked;
// On the whole map what lies beyond the frame is on its border.
const within = value => state.view.span === 1 ? Math.min(Math.max(value, 0), 1) : value;
const placeOf = (i, side) => {
  const {left, top, span} = state.view, places = maps[state.map];
  return [(within(places[2 * i]) - left) / span * side, (within(places[2 * i + 1]) - top) / span * side];
};

const mark = (pen, x, y, radius, diamond, hollow) => {
  pen.beginPath();
  if (diamond) {
    const r = radius * 1.25;
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y);
    pen.lineTo(x, y + r);
    pen.lineTo(x - r, y);
    pen.closePath();
  } else pen.arc(x, y, radius, 0, 7);
  if (hollow) pen.stroke(); else pen.fill();
};
const drawGround = () => {
  const {pen, side} = fresh(ground);
  const crowd = Math.max(1, Math.min(3, 95 / Math.sqrt(n) / Math.sqrt(state.view.span)));
  pen.lineWidth = 1.2;
  // Points without a colour lie below the others, and what is highlighted on top.
  const passes = state.only === null ? [c => c < 0, c => c >= 0]
    : [c => c !== state.only, c => c === state.only];
  passes.forEach((drawn, pass) => {
    const faint = state.only !== null && pass === 0;
    for (let i = 0; i < n; i++) {
      const c = data.of[i];
      if (!drawn(c) || !seen(i)) continue;
      const [x, y] = placeOf(i, side);
      if (x < -5 || y < -5 || x > side + 5 || y > side + 5) continue;
      const [diamond, hue] = data.looks[c + 1];
      pen.globalAlpha = faint ? .09 : c < 0 ? .4 : .8;
      pen.fillStyle = pen.strokeStyle = hue;
      mark(pen, x, y, crowd, diamond, i >= data.old);
    }
  });
  pen.globalAlpha = 1;
};
const drawChosen = () => {
  const {pen, side} = fresh(overlay);
  if (state.chosen < 0) return;
  const [x, y] = placeOf(state.chosen, side), style = getComputedStyle(document.documentElement);
  for (const [width, name] of [[6, "--back"], [3, "--text"]]) {
    pen.lineWidth = width;
    pen.strokeStyle = style.getPropertyValue(name).trim();
    pen.beginPath();
    pen.arc(x, y, 8, 0, 7);
    pen.stroke();
  }
};

// The nearest point that is seen, and is of the label that is highlighted if there is one.
const nearest = (x, y, most, allowed = () => true) => {
  const side = box.clientWidth;
  let best = -1, least = most;
  for (let i = 0; i < n; i++) {
    if (!seen(i) || state.only !== null && data.of[i] !== state.only) continue;
    const [px, py] = placeOf(i, side), far = Math.hypot(px - x, py - y);
    if (far < least && allowed(px - x, py - y, i)) [best, least] = [i, far];
  }
  return best;
};
