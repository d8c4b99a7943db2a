/// The checked header of a safetensors file: what lies where in the data.
struct SafeTensorsHeader {
  /// The most bytes that the format allows a header to have.
  static let mostBytes = 100_000_000

  struct Tensor {
    var name: String
    var dtype: SafeTensors.ElementType
    var shape: [Int]
    /// The bytes from `begin` up to `end` of the data.
    var begin: Int
    var end: Int
    /// Where the header describes it.
    var place: FormatError.Place
  }

  /// In the order of their bytes.
  private(set) var tensors: [Tensor] = []
  private(set) var metadata: [String: String] = [:]
  /// The offset of the data in the file.
  let dataStart: Int

  private let limits: LoadLimits
  private let origin: Origin
  private var names: Set<String> = []

  init(
    _ bytes: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    self.limits = limits
    self.origin = origin
    var cursor = ByteCursor(bytes, origin: origin)
    let declared = try cursor.littleEndian(UInt64.self, field: "header size")
    guard declared <= Self.mostBytes else {
      throw origin.error(
        .invalid, "the header is larger than the format allows", at: .byte(0),
        field: "header size", expected: "at most \(Self.mostBytes)", got: "\(declared)",
        fix: "check that this is a safetensors file.")
    }
    guard declared <= limits.headerBytes else {
      throw origin.overLimit(
        .headerBytes, "the header is larger than the limit", most: limits.headerBytes,
        got: "\(declared)", at: .byte(0), field: "header size")
    }
    let text = try cursor.take(Int(declared), field: "header")
    dataStart = cursor.offset
    guard text.first == UInt8(ascii: "{") else {
      throw origin.error(
        .notThisFormat, "the header does not start as a JSON object does", at: .byte(8),
        field: "header", expected: "{",
        got: text.first.map { "byte \($0)" } ?? "an empty header",
        fix: "check that this is a safetensors file.")
    }
    try read(JSONCursor(text, base: 8, depth: limits.depth, origin: origin))
    try checkLayout(dataByteCount: cursor.remaining)
  }

  private mutating func read(_ text: consuming JSONCursor) throws(FormatError) {
    var hasMetadata = false
    try text.object(field: "header") { (text, name) throws(FormatError) in
      guard name == "__metadata__" else {
        return try readTensor(name, from: &text)
      }
      guard !hasMetadata else { throw duplicate(name, at: text.place) }
      hasMetadata = true
      try text.object(field: "__metadata__") { (text, key) throws(FormatError) in
        let place = text.place
        let value = try text.string(field: "__metadata__.\(key)")
        guard metadata.updateValue(value, forKey: key) == nil else {
          throw duplicate(key, at: place)
        }
      }
    }
    try text.end(field: "header")
  }

  private mutating func readTensor(
    _ name: String, from text: inout JSONCursor
  ) throws(FormatError) {
    let place = text.place
    guard names.insert(name).inserted else { throw duplicate(name, at: place) }
    guard tensors.count < limits.tensors else {
      throw origin.overLimit(
        .tensors, "the file has too many tensors", most: limits.tensors, got: "more", at: place,
        field: name)
    }
    var dtype: SafeTensors.ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try text.object(field: name) { (text, key) throws(FormatError) in
      let place = text.place
      let field = "\(name).\(key)"
      let isNew: Bool
      switch key {
      case "dtype":
        isNew = dtype == nil
        dtype = try readType(from: &text, field: field)
      case "shape":
        isNew = shape == nil
        shape = try readCounts(
          from: &text, field: field,
          tooMany: origin.overLimit(
            .rank, "a tensor has too many axes", most: limits.rank, got: "more", at: place,
            field: field),
          most: limits.rank)
      case "data_offsets":
        isNew = offsets == nil
        offsets = try readCounts(
          from: &text, field: field, tooMany: wrongOffsets(field, got: "more", at: place), most: 2)
      default:
        // The reference implementation ignores what it does not know, and so do we.
        isNew = true
        try text.skipValue(field: field)
      }
      guard isNew else { throw duplicate(field, at: place) }
    }
    guard let dtype, let shape, let offsets else {
      throw origin.error(
        .invalid, "a tensor is not described completely", at: place, field: name,
        expected: "dtype, shape and data_offsets",
        got: "no \(dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets")")
    }
    guard offsets.count == 2 else {
      throw wrongOffsets("\(name).data_offsets", got: "\(offsets)", at: place)
    }
    tensors.append(
      Tensor(
        name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1], place: place))
  }

  private func readType(
    from text: inout JSONCursor, field: String
  ) throws(FormatError) -> SafeTensors.ElementType {
    let place = text.place
    let name = try text.string(field: field)
    guard let type = SafeTensors.ElementType(rawValue: name) else {
      throw origin.error(
        .unsupported, "the type of the elements is unknown", at: place, field: field,
        expected: SafeTensors.ElementType.allCases.map(\.rawValue).joined(separator: " "),
        got: name, fix: "convert the tensor to one of these types.")
    }
    return type
  }

  private func readCounts(
    from text: inout JSONCursor, field: String, tooMany: @autoclosure () -> FormatError, most: Int
  ) throws(FormatError) -> [Int] {
    var counts: [Int] = []
    try text.array(field: field) { text throws(FormatError) in
      guard counts.count < most else { throw tooMany() }
      counts.append(try text.count(field: field))
    }
    return counts
  }

  /// Sorts the tensors by their bytes and makes sure that these are the data, each byte once.
  private mutating func checkLayout(dataByteCount: Int) throws(FormatError) {
    tensors.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var end = 0
    for tensor in tensors {
      let field = "\(tensor.name).data_offsets"
      guard tensor.begin == end else {
        throw origin.error(
          .invalid, tensor.begin < end ? "two tensors overlap" : "there is a gap before a tensor",
          at: tensor.place, field: field, expected: "a start at \(end)", got: "\(tensor.begin)")
      }
      guard tensor.end >= tensor.begin else {
        throw wrongOffsets(field, got: "[\(tensor.begin), \(tensor.end)]", at: tensor.place)
      }
      let size = try origin.product(
        of: tensor.shape, times: tensor.dtype.byteCount, at: tensor.place, field: tensor.name)
      guard size == tensor.end - tensor.begin else {
        throw origin.error(
          .mismatch, "shape and offsets of a tensor disagree", at: tensor.place, field: field,
          expected: "\(size) bytes for \(tensor.shape) of \(tensor.dtype.rawValue)",
          got: "\(tensor.end - tensor.begin)")
      }
      end = tensor.end
    }
    guard end <= dataByteCount else {
      throw origin.error(
        .truncated, "the data ends too early", at: .byte(dataStart + dataByteCount),
        field: "data", expected: "\(end) bytes", got: "\(dataByteCount)")
    }
    guard end == dataByteCount else {
      throw origin.error(
        .trailingBytes, "bytes follow the last tensor", at: .byte(dataStart + end), field: "data",
        expected: "\(end) bytes", got: "\(dataByteCount)")
    }
    guard end <= limits.dataBytes else {
      throw origin.overLimit(
        .dataBytes, "the tensors are larger than the limit", most: limits.dataBytes,
        got: "\(end)", at: .byte(dataStart), field: "data")
    }
  }

  private func duplicate(_ name: String, at place: FormatError.Place) -> FormatError {
    origin.error(
      .duplicate, "a name stands in the header twice", at: place, field: name,
      expected: "each name once", got: name)
  }

  private func wrongOffsets(
    _ field: String, got: String, at place: FormatError.Place
  ) -> FormatError {
    origin.error(
      .invalid, "the offsets of a tensor are not a range", at: place, field: field,
      expected: "[begin, end] with begin at most end", got: got)
  }
}
