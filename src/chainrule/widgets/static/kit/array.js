// NumPy arrays as they arrive in a state: {shape, dtype, data: DataView}.

/** @type {Record<string, any>} */
const ARRAY_KINDS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
};

/**
 * The numbers of an array of the state, in C order, and its shape. A plain list is taken as well.
 * @param {any} value
 * @returns {{shape: number[], data: any}}
 */
export function array(value) {
  if (value === null || value === undefined) return { shape: [0], data: new Float64Array(0) };
  if (Array.isArray(value)) {
    const nested = Array.isArray(value[0]);
    const shape = nested ? [value.length, value[0].length] : [value.length];
    return { shape, data: Float64Array.from(nested ? value.flat() : value, (v) => v ?? NaN) };
  }
  const Kind = ARRAY_KINDS[value.dtype];
  if (!Kind) throw new TypeError(`no typed array holds ${value.dtype}`);
  const { buffer, byteOffset, byteLength } = value.data;
  const length = byteLength / Kind.BYTES_PER_ELEMENT;
  const data =
    byteOffset % Kind.BYTES_PER_ELEMENT === 0
      ? new Kind(buffer, byteOffset, length)
      : new Kind(buffer.slice(byteOffset, byteOffset + byteLength));
  return { shape: value.shape, data };
}

/**
 * Column `index` of a two-dimensional array.
 * @param {{shape: number[], data: any}} table
 * @param {number} index
 */
export function column({ shape, data }, index) {
  return Float64Array.from({ length: shape[0] }, (_, row) => data[row * shape[1] + index]);
}

/**
 * Least and greatest finite number of several lists.
 * @param {...ArrayLike<number>} lists
 * @returns {[number, number]}
 */
export function extent(...lists) {
  let least = Infinity;
  let most = -Infinity;
  for (const list of lists) {
    for (let i = 0; i < list.length; i += 1) {
      if (list[i] < least) least = list[i];
      if (list[i] > most && list[i] < Infinity) most = list[i];
    }
  }
  return least <= most ? [least, most] : [0, 1];
}
