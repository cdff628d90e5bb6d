// Frames: [u32 length of header][header: JSON][pad to 8][buffers, each padded to 8].

/**
 * @param {ArrayBuffer} frame
 * @returns {any} the header, with a DataView for each {"$buffer": i}
 */
export function unpack(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(frame, 4, length));
  const start = framePadded(4 + length);
  /** @type {any} */
  const plain = JSON.parse(text);
  const places = plain.buffers ?? [];
  if (places.length === 0) return plain;
  return JSON.parse(text, (_, value) => {
    if (value === null || typeof value !== "object" || !("$buffer" in value)) return value;
    const [offset, size] = places[value.$buffer];
    return new DataView(frame, start + offset, size);
  });
}

/**
 * @param {any} header
 * @param {(ArrayBuffer | ArrayBufferView)[]} [buffers]
 * @returns {ArrayBuffer}
 */
export function pack(header, buffers = []) {
  const parts = buffers.map((part) =>
    part instanceof ArrayBuffer
      ? new Uint8Array(part)
      : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  let offset = 0;
  const places = parts.map((part) => {
    const place = [offset, part.byteLength];
    offset += framePadded(part.byteLength);
    return place;
  });
  const text = new TextEncoder().encode(
    JSON.stringify(places.length ? { ...header, buffers: places } : header),
  );
  const start = framePadded(4 + text.length);
  const frame = new Uint8Array(start + offset);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  parts.forEach((part, i) => frame.set(part, start + places[i][0]));
  return frame.buffer;
}

/** @param {number} length */
function framePadded(length) {
  return Math.ceil(length / 8) * 8;
}
