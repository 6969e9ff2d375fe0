// Pictures at any place of the map: combinations of a few, with numbers that are interpolated
// between grid points by cubics that go through them.
const data = JSON.parse(document.getElementById("data").textContent);
const {cells, height, width, grid, rank} = data;
const pixels = height * width;

const unpacked = text => {
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
};
const coefficients = new Float32Array(unpacked(data.coefficients).buffer);

// Of each cell, a letter or a channel: its pixels that change, and the constant ones.
const decoding = (() => {
  const bits = unpacked(data.active), constant = new Float32Array(unpacked(data.still).buffer);
  const still = new Float32Array(cells * pixels), places = [], starts = [0];
  for (let pixel = 0, c = 0; pixel < still.length; pixel++) {
    if (bits[pixel >> 3] & 128 >> (pixel & 7)) places.push(pixel % pixels);
    else still[pixel] = constant[c++];
    if (pixel % pixels === pixels - 1) starts.push(places.length);
  }
  const stored = new Int8Array(unpacked(data.basis).buffer), n = places.length;
  const basis = new Float32Array(stored.length);
  for (let r = 0; r < rank; r++)
    for (let a = 0; a < n; a++) basis[a * rank + r] = stored[r * n + a];
  return {still, places: Int32Array.from(places), starts, basis};
})();

// Weights of the four grid points around t along one axis, the first of them being `from`.
const cubic = t => {
  const at = Math.min(Math.max(t, 0), 1) * (grid - 1), from = Math.min(Math.floor(at), grid - 2);
  const x = at - from;
  return {from: from - 1, weights: [
    ((2 - x) * x - 1) * x / 2, ((3 * x - 5) * x * x + 2) / 2,
    ((4 - 3 * x) * x + 1) * x / 2, (x - 1) * x * x / 2]};
};

const coefficientsAt = (right, down) => {
  const across = cubic(right), along = cubic(down), sum = new Float32Array(rank);
  const inside = i => Math.min(Math.max(i, 0), grid - 1);
  for (let j = 0; j < 4; j++) for (let i = 0; i < 4; i++) {
    const weight = along.weights[j] * across.weights[i];
    if (weight === 0) continue;
    const node = (inside(along.from + j) * grid + inside(across.from + i)) * rank;
    for (let r = 0; r < rank; r++) sum[r] += weight * coefficients[node + r];
  }
  return sum;
};

// Writes a cell's pixels, from 0 to 1, to `out` from `offset` on.
const drawCell = (cell, sum, out, offset) => {
  const {still, places, starts, basis} = decoding, {logits} = data;
  out.set(still.subarray(cell * pixels, (cell + 1) * pixels), offset);
  for (let a = starts[cell], k = a * rank; a < starts[cell + 1]; a++) {
    let value = 0;
    for (let r = 0; r < rank; r++) value += sum[r] * basis[k++];
    if (logits) value = value < -9 ? 0 : value > 9 ? 1 : 1 / (1 + Math.exp(-value));
    out[offset + places[a]] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
};

// All pictures at a place, one after another.
const picturesAt = (right, down) => {
  const sum = coefficientsAt(right, down), out = new Float32Array(cells * pixels);
  for (let cell = 0; cell < cells; cell++) drawCell(cell, sum, out, cell * pixels);
  return out;
};
