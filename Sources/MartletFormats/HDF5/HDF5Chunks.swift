/// The data of a dataset that was written in chunks, each compressed by itself.
struct HDF5Chunks: Sendable {
  /// What was done to a chunk when it was written.
  private enum Filter: Sendable {
    case deflate
    case shuffle(elementSize: Int)
  }

  /// One chunk: its first element, and its bytes in the file.
  private struct Chunk {
    var start: [Int]
    var range: Range<Int>
    var skippedFilters: UInt32
  }

  private let tree: Int?
  private let chunkShape: [Int]
  private let chunkByteCount: Int
  private let chunkCount: Int
  private let filters: [Filter]
  private let shape: [Int]
  private let elementSize: Int
  private let byteCount: Int
  private let field: String
  private let origin: Origin

  /// Reads the rest of a layout message.
  init(
    _ cursor: inout ByteCursor, filters: Range<Int>?, type: HDF5Datatype, shape: [Int],
    byteCount: Int, reader: inout HDF5Reader
  ) throws(FormatError) {
    let place = cursor.offset
    let field = reader.field("chunks")
    self.field = field
    self.shape = shape
    self.byteCount = byteCount
    origin = reader.origin
    elementSize = type.byteCount
    let rank = Int(try cursor.byte(field: field)) - 1
    tree = try reader.address(&cursor, field: "chunks")
    guard rank == shape.count else {
      throw reader.error(
        .mismatch, "chunks have other axes than their dataset", at: place, field: "chunks",
        expected: "\(shape.count)", got: "\(rank)")
    }
    var chunkShape: [Int] = []
    for _ in 0..<rank {
      chunkShape.append(Int(try cursor.littleEndian(UInt32.self, field: field)))
    }
    let size = Int(try cursor.littleEndian(UInt32.self, field: field))
    guard !chunkShape.contains(0), size == elementSize else {
      throw reader.error(
        .invalid, "chunks have no size, or elements of another size", at: place, field: "chunks",
        expected: "axes above 0 and elements of \(elementSize) bytes",
        got: "\(chunkShape) and \(size)")
    }
    self.chunkShape = chunkShape
    chunkByteCount = try origin.product(
      of: chunkShape, times: size, at: .byte(place), field: field)
    guard chunkByteCount <= reader.limits.dataBytes else {
      throw origin.overLimit(
        .dataBytes, "a chunk is larger than the limit", most: reader.limits.dataBytes,
        got: "\(chunkByteCount)", at: .byte(place), field: field)
    }
    let counts = zip(shape, chunkShape).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
    chunkCount = try origin.product(of: counts, times: 1, at: .byte(place), field: field)
    self.filters =
      try filters.map { range throws(FormatError) in
        try Self.filters(range, reader: reader)
      } ?? []
  }

  private static func filters(
    _ range: Range<Int>, reader: HDF5Reader
  ) throws(FormatError) -> [Filter] {
    let field = reader.field("filters")
    var cursor = try reader.cursor(in: range, field: "filters")
    let version = try cursor.byte(field: field)
    let count = try cursor.byte(field: field)
    guard version == 1 || version == 2 else {
      throw reader.unsupported(
        "the version of the filters is not known", at: range.lowerBound, field: "filters",
        expected: "1 or 2", got: "\(version)")
    }
    if version == 1 { _ = try cursor.take(6, field: field) }
    var filters: [Filter] = []
    for _ in 0..<count {
      let place = cursor.offset
      let id = try cursor.littleEndian(UInt16.self, field: field)
      // In version 2 the filters that everybody knows have no name.
      let hasName = version == 1 || id >= 256
      let nameSize = hasName ? Int(try cursor.littleEndian(UInt16.self, field: field)) : 0
      _ = try cursor.littleEndian(UInt16.self, field: field)
      let valueCount = Int(try cursor.littleEndian(UInt16.self, field: field))
      _ = try cursor.take(nameSize + (version == 1 ? -nameSize & 7 : 0), field: field)
      var values: [UInt32] = []
      for _ in 0..<valueCount {
        values.append(try cursor.littleEndian(UInt32.self, field: field))
      }
      if version == 1, valueCount % 2 == 1 { _ = try cursor.take(4, field: field) }
      switch id {
      case 1: filters.append(.deflate)
      case 2: filters.append(.shuffle(elementSize: Int(values.first ?? 1)))
      default:
        throw reader.unsupported(
          "a filter is not known", at: place, field: "filters", expected: "1, gzip, or 2, shuffle",
          got: "\(id)")
      }
    }
    return filters
  }

  // MARK: Reading

  /// The elements of the dataset, put together from the chunks in the bytes of the whole file.
  func bytes(in file: UnsafeRawBufferPointer) throws(FormatError) -> [UInt8] {
    if byteCount == 0 { return [] }
    var chunks: [Chunk] = []
    if let tree {
      var budget = file.count
      try readTree(at: tree, level: nil, in: file, budget: &budget, into: &chunks)
    }
    // Each has its own place among the chunks, so none is missing where there are as many.
    guard chunks.count == chunkCount, Set(chunks.map(\.start)).count == chunkCount else {
      throw origin.error(
        .unsupported, "chunks of the dataset were never written", at: .byte(tree ?? 0),
        field: field, expected: "\(chunkCount) chunks", got: "\(chunks.count)",
        fix: "write all of the dataset.")
    }
    for chunk in chunks {
      // DEFLATE gives 258 bytes for two bits at the most.
      guard chunkByteCount / 1032 <= chunk.range.count else {
        throw wrongSize(of: chunk, got: "\(chunk.range.count) bytes, compressed")
      }
    }
    var output = [UInt8](repeating: 0, count: byteCount)
    for chunk in chunks { copy(try decoded(chunk, in: file), of: chunk, to: &output) }
    return output
  }

  private func readTree(
    at address: Int, level: Int?, in file: UnsafeRawBufferPointer, budget: inout Int,
    into chunks: inout [Chunk]
  ) throws(FormatError) {
    var cursor = ByteCursor(file, origin: origin)
    try cursor.move(to: address, field: field)
    let signature = try cursor.take(4, field: field)
    let type = try cursor.byte(field: field)
    let ownLevel = Int(try cursor.byte(field: field))
    guard signature.elementsEqual("TREE".utf8), type == 1, ownLevel == level ?? ownLevel,
      ownLevel <= 64
    else {
      throw origin.error(
        .invalid, "a node of the tree of chunks is not what it should be", at: .byte(address),
        field: field, expected: "TREE, type 1\(level.map { ", level \($0)" } ?? "")",
        got: "\(Array(signature)), type \(type), level \(ownLevel)")
    }
    let count = Int(try cursor.littleEndian(UInt16.self, field: field))
    budget -= 24 + count * (16 + 8 * shape.count)
    guard budget >= 0 else {
      throw origin.error(
        .invalid, "nodes of the tree of chunks share their bytes", at: .byte(address),
        field: field, expected: "each byte in one node", got: "more nodes than the file has bytes")
    }
    _ = try cursor.take(16, field: field)
    for _ in 0..<count {
      let place = cursor.offset
      let size = Int(try cursor.littleEndian(UInt32.self, field: field))
      let mask = try cursor.littleEndian(UInt32.self, field: field)
      var start: [Int] = []
      for axis in shape.indices {
        let offset = try cursor.littleEndian(UInt64.self, field: field)
        guard ownLevel > 0 || offset < shape[axis] && Int(offset) % chunkShape[axis] == 0 else {
          throw origin.error(
            .invalid, "a chunk lies outside its dataset", at: .byte(place), field: field,
            expected: "a multiple of \(chunkShape[axis]) below \(shape[axis])", got: "\(offset)")
        }
        start.append(Int(truncatingIfNeeded: offset))
      }
      _ = try cursor.take(8, field: field)
      let child = try origin.index(
        cursor.littleEndian(UInt64.self, field: field), at: place, field: field)
      if ownLevel > 0 {
        try readTree(
          at: child, level: ownLevel - 1, in: file, budget: &budget, into: &chunks)
      } else {
        guard child <= file.count, size <= file.count - child else {
          throw origin.error(
            .truncated, "a chunk reaches over the end", at: .byte(place), field: field,
            expected: "within \(file.count) bytes", got: "\(size) bytes at \(child)")
        }
        chunks.append(Chunk(start: start, range: child..<(child + size), skippedFilters: mask))
      }
    }
  }

  /// The bytes of a chunk as they were before the filters.
  private func decoded(
    _ chunk: Chunk, in file: UnsafeRawBufferPointer
  ) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](file[chunk.range])
    for (index, filter) in filters.enumerated().reversed()
    where index >= 32 || chunk.skippedFilters >> UInt32(index) & 1 == 0 {
      switch filter {
      case .deflate:
        var limits = LoadLimits()
        limits.dataBytes = chunkByteCount
        do throws(FormatError) {
          bytes = try Zlib.decompress(
            bytes, byteCount: chunkByteCount, limits: limits, source: origin.source)
        } catch {
          var error = error
          error.reader = origin.reader
          error.field = "\(field), \(error.field)"
          error.place = .byte(chunk.range.lowerBound)
          throw error
        }
      case .shuffle(let size): bytes = Self.unshuffled(bytes, elementSize: size)
      }
    }
    guard bytes.count == chunkByteCount else {
      throw wrongSize(of: chunk, got: "\(bytes.count) bytes")
    }
    return bytes
  }

  /// Puts the bytes of each element together, where all first bytes stand before all second ones.
  private static func unshuffled(_ bytes: [UInt8], elementSize: Int) -> [UInt8] {
    guard elementSize > 1, elementSize <= bytes.count else { return bytes }
    let count = bytes.count / elementSize
    var result = bytes
    for place in 0..<elementSize {
      for element in 0..<count {
        result[element * elementSize + place] = bytes[place * count + element]
      }
    }
    return result
  }

  /// Copies a chunk to its place, without what reaches over the edges of the dataset.
  private func copy(_ bytes: [UInt8], of chunk: Chunk, to output: inout [UInt8]) {
    let lengths = shape.indices.map { min(chunkShape[$0], shape[$0] - chunk.start[$0]) }
    let rowLength = (lengths.last ?? 1) * elementSize
    let rowCount = lengths.dropLast().reduce(1, *)
    var index = [Int](repeating: 0, count: max(0, shape.count - 1))
    for _ in 0..<rowCount {
      var from = 0
      var to = 0
      for axis in shape.indices {
        let inChunk = axis < index.count ? index[axis] : 0
        from = from * chunkShape[axis] + inChunk
        to = to * shape[axis] + chunk.start[axis] + inChunk
      }
      let source = (from * elementSize)..<(from * elementSize + rowLength)
      let target = (to * elementSize)..<(to * elementSize + rowLength)
      output.replaceSubrange(target, with: bytes[source])
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < lengths[axis] { break }
        index[axis] = 0
      }
    }
  }

  private func wrongSize(of chunk: Chunk, got: String) -> FormatError {
    origin.error(
      .mismatch, "a chunk has another size than declared", at: .byte(chunk.range.lowerBound),
      field: field, expected: "\(chunkByteCount) bytes for \(chunkShape)", got: got)
  }
}
