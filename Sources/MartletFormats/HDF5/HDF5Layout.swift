/// Where the data of a dataset lies.
struct HDF5Layout: Sendable {
  private enum Storage: Sendable {
    case contiguous(Range<Int>)
    case chunked(HDF5Chunks)
  }

  private let storage: Storage
  private let elements: HDF5Elements
  private let file: ArraySlice<UInt8>

  /// Reads the body of a layout message.
  init(
    _ body: Range<Int>, filters: Range<Int>?, type: HDF5Datatype, shape: [Int], byteCount: Int,
    reader: inout HDF5Reader
  ) throws(FormatError) {
    var cursor = try reader.cursor(in: body, field: "layout")
    let version = try cursor.byte(field: reader.field("layout"))
    let kind = try cursor.byte(field: reader.field("layout"))
    guard version == 3, kind <= 2 else {
      throw reader.unsupported(
        "the layout of the data is not known", at: body.lowerBound, field: "layout",
        expected: "version 3, compact, contiguous or chunked", got: "version \(version), \(kind)")
    }
    if kind == 2 {
      storage = .chunked(
        try HDF5Chunks(
          &cursor, filters: filters, type: type, shape: shape, byteCount: byteCount,
          reader: &reader))
    } else {
      guard filters == nil else {
        throw reader.error(
          .invalid, "data that is not chunked has filters", at: body.lowerBound, field: "layout",
          expected: "none", got: "filters")
      }
      storage = .contiguous(
        try Self.range(
          &cursor, isCompact: kind == 0, byteCount: byteCount, shape: shape, reader: &reader))
    }
    elements = HDF5Elements(
      type: type, shape: shape, field: reader.field("data"), origin: reader.origin)
    file = reader.file
  }

  private static func range(
    _ cursor: inout ByteCursor, isCompact: Bool, byteCount: Int, shape: [Int],
    reader: inout HDF5Reader
  ) throws(FormatError) -> Range<Int> {
    let place = cursor.offset
    var start: Int?
    let size: Int
    if isCompact {
      size = Int(try cursor.littleEndian(UInt16.self, field: reader.field("layout")))
      start = cursor.offset
      _ = try cursor.take(size, field: reader.field("data"))
    } else {
      start = try reader.address(&cursor, field: "data")
      size = try reader.index(&cursor, field: "data")
    }
    if byteCount == 0 { return 0..<0 }
    guard let start else {
      throw reader.error(
        .unsupported, "the dataset was made and never written", at: place, field: "data",
        expected: "data for \(shape)", got: "none", fix: "write its data, or leave it out.")
    }
    guard size == byteCount else {
      throw reader.error(
        .mismatch, "shape and data of a dataset disagree", at: place, field: "data",
        expected: "\(byteCount) bytes for \(shape)", got: "\(size)")
    }
    guard size <= reader.bytes.count - start else {
      throw reader.error(
        .truncated, "the data of a dataset reaches over the end", at: place, field: "data",
        expected: "\(size) bytes", got: "\(reader.bytes.count - start)")
    }
    if !isCompact { try reader.charge(size, at: start) }
    return start..<(start + size)
  }

  /// The elements.
  func value() throws(FormatError) -> HDF5Value {
    if case .contiguous(let range) = storage, case .number(let dtype, false) = elements.type {
      let start = file.startIndex + range.lowerBound
      return .numbers(
        StoredArray(
          dtype: dtype, shape: elements.shape, bytes: file[start..<(start + range.count)]))
    }
    return try withBytes(of: file) { bytes throws(FormatError) in
      var heap = HDF5GlobalHeap(bytes, origin: elements.origin)
      switch storage {
      case .contiguous(let range):
        return try elements.value(UnsafeRawBufferPointer(rebasing: bytes[range]), heap: &heap)
      case .chunked(let chunks):
        return try withBytes(of: chunks.bytes(in: bytes)) { data throws(FormatError) in
          try elements.value(data, heap: &heap)
        }
      }
    }
  }
}
