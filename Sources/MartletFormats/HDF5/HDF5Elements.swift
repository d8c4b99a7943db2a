/// What the bytes of an attribute or a dataset mean.
struct HDF5Elements: Sendable {
  let type: HDF5Datatype
  let shape: [Int]
  let field: String
  let origin: Origin

  /// The elements that lie next to each other in `bytes`.
  func value(
    _ bytes: UnsafeRawBufferPointer, heap: inout HDF5GlobalHeap
  ) throws(FormatError) -> HDF5Value {
    switch type {
    case .number(let dtype, let isBigEndian):
      var elements = [UInt8](bytes)
      if isBigEndian { elements.reverseEach(dtype.byteCount) }
      return .numbers(StoredArray(dtype: dtype, shape: shape, bytes: elements[...]))
    case .fixedString(let size, let isSpacePadded):
      var texts: [String] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        texts.append(
          try HDF5Text.decode(
            UnsafeRawBufferPointer(rebasing: bytes[start..<(start + size)]), at: start,
            isSpacePadded: isSpacePadded, field: field, origin: origin))
      }
      return .strings(texts, shape: shape)
    case .variableString:
      var texts: [String] = []
      var cursor = ByteCursor(bytes, origin: origin)
      while !cursor.isAtEnd { texts.append(try heap.text(&cursor, field: field)) }
      return .strings(texts, shape: shape)
    }
  }
}

extension [UInt8] {
  /// Reverses the bytes of each element of `size` bytes.
  mutating func reverseEach(_ size: Int) {
    guard size > 1 else { return }
    withUnsafeMutableBytes { buffer in
      for start in stride(from: 0, to: buffer.count, by: size) {
        buffer[start..<(start + size)].reverse()
      }
    }
  }
}
