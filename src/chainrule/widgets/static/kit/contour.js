// Lines of equal height on a grid of numbers (marching squares).

/**
 * Levels between the least and the greatest height, closer together near the bottom.
 * @param {ArrayLike<number>} heights
 * @param {number} count
 * @returns {number[]}
 */
export function bowlLevels(heights, count) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < heights.length; i += 1) {
    low = Math.min(low, heights[i]);
    high = Math.max(high, heights[i]);
  }
  return Array.from({ length: count }, (_, k) => low + (high - low) * ((k + 0.6) / count) ** 2);
}

/**
 * Pieces of the line at one level, as [x0, y0, x1, y1] in units of the grid's cells.
 * @param {{shape: number[], data: ArrayLike<number>}} heights
 * @param {number} level
 * @returns {number[][]}
 */
export function contour({ shape, data }, level) {
  const [rows, columns] = shape;
  const pieces = [];
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const corners = [
        [c, r],
        [c + 1, r],
        [c + 1, r + 1],
        [c, r + 1],
      ];
      const heights = corners.map(([x, y]) => data[y * columns + x] - level);
      const cuts = [];
      for (let k = 0; k < 4; k += 1) {
        const [from, to] = [heights[k], heights[(k + 1) % 4]];
        if (from < 0 === to < 0) continue;
        const share = from / (from - to);
        const [start, end] = [corners[k], corners[(k + 1) % 4]];
        cuts.push([start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) pieces.push([...cuts[k], ...cuts[k + 1]]);
    }
  }
  return pieces;
}
