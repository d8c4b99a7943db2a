/// One message of an object's header.
struct HDF5Message {
  /// The kinds of message that the reader looks at.
  enum Kind: UInt16 {
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case filters = 0x0b
    case attribute = 0x0c
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
  }

  let kind: Kind
  let body: Range<Int>
}

extension HDF5Reader {
  /// The messages of the header at an address, in every block of it.
  mutating func messages(at address: Int) throws(FormatError) -> [HDF5Message] {
    var cursor = try cursor(at: address, field: "object header")
    let version = try cursor.byte(field: "object header")
    guard version == 1 else {
      let isNew = version == UInt8(ascii: "O")
      throw error(
        isNew ? .unsupported : .invalid, "the version of an object's header is not known",
        at: address, field: "object header", expected: "1",
        got: isNew ? "2, of libver='latest'" : "\(version)",
        fix: isNew ? "write the file again with libver='earliest'." : Origin.damaged)
    }
    _ = try cursor.byte(field: "object header")
    let count = Int(try cursor.littleEndian(UInt16.self, field: "number of messages"))
    _ = try cursor.take(4, field: "reference count")
    let size = Int(try cursor.littleEndian(UInt32.self, field: "object header size"))
    _ = try cursor.take(4, field: "object header")
    try charge(16, at: address)
    var blocks = [cursor.offset..<(cursor.offset + size)]
    var messages: [HDF5Message] = []
    var seen = 0
    while let block = blocks.popLast() {
      try charge(block.count, at: block.lowerBound)
      var cursor = try self.cursor(in: block, field: "object header")
      while seen < count, cursor.remaining >= 8 {
        seen += 1
        let place = cursor.offset
        let type = try cursor.littleEndian(UInt16.self, field: "message type")
        let size = Int(try cursor.littleEndian(UInt16.self, field: "message size"))
        let flags = try cursor.byte(field: "message flags")
        _ = try cursor.take(3, field: "message")
        let body = cursor.offset..<(cursor.offset + size)
        _ = try cursor.take(size, field: "message")
        guard let kind = HDF5Message.Kind(rawValue: type) else { continue }
        guard flags & 2 == 0 else {
          throw unsupported(
            "a message is shared by several objects", at: place, field: "message \(kind)",
            expected: "a message of its own", got: "flags \(flags)")
        }
        if kind == .continuation {
          var cursor = try self.cursor(in: body, field: "continuation")
          let start = try self.address(&cursor, field: "continuation")
          let length = try index(&cursor, field: "continuation")
          guard let start, length <= bytes.count - start else {
            throw error(
              .truncated, "an object's header goes on over the end", at: place,
              field: "continuation", expected: "a block within \(bytes.count) bytes",
              got: "\(length) bytes")
          }
          blocks.append(start..<(start + length))
        } else {
          messages.append(HDF5Message(kind: kind, body: body))
        }
      }
    }
    guard seen == count else {
      throw error(
        .mismatch, "an object's header has fewer messages than it says", at: address,
        field: "number of messages", expected: "\(count)", got: "\(seen)")
    }
    return messages
  }

  /// The attributes among the messages.
  mutating func attributes(
    in messages: [HDF5Message]
  ) throws(FormatError) -> [String: HDF5Value] {
    var attributes: [String: HDF5Value] = [:]
    for message in messages {
      if message.kind == .attributeInfo { try refuseDenseAttributes(message.body) }
      guard message.kind == .attribute else { continue }
      let (name, value) = try attribute(message.body)
      guard attributes.updateValue(value, forKey: name) == nil else {
        throw error(
          .duplicate, "an object has an attribute twice", at: message.body.lowerBound,
          field: name, expected: "each name once", got: name)
      }
    }
    return attributes
  }

  private mutating func attribute(
    _ body: Range<Int>
  ) throws(FormatError) -> (name: String, value: HDF5Value) {
    var cursor = try cursor(in: body, field: "attribute")
    let version = try cursor.byte(field: "attribute")
    let flags = try cursor.byte(field: "attribute")
    guard (1...3).contains(version), version == 1 || flags & 3 == 0 else {
      throw unsupported(
        "the version of an attribute is not known", at: body.lowerBound, field: "attribute",
        expected: "1, 2 or 3 with a type of its own", got: "\(version), flags \(flags)")
    }
    let nameSize = Int(try cursor.littleEndian(UInt16.self, field: "attribute"))
    let typeSize = Int(try cursor.littleEndian(UInt16.self, field: "attribute"))
    let spaceSize = Int(try cursor.littleEndian(UInt16.self, field: "attribute"))
    if version == 3 { _ = try cursor.byte(field: "attribute") }
    let nameStart = cursor.offset
    let nameBytes = try cursor.take(nameSize, field: "attribute name")
    let name = try HDF5Text.decode(
      nameBytes, at: nameStart, isSpacePadded: false, field: field("attribute name"),
      origin: origin)
    // Only the first version fills each part up to a multiple of eight bytes.
    if version == 1 { _ = try cursor.take(-nameSize & 7, field: name) }
    let type = try HDF5Datatype(
      &cursor, ending: typeSize, isPadded: version == 1, field: field(name))
    let spaceStart = cursor.offset
    let shape = try HDF5Dataspace.shape(&cursor, limits: limits, field: field(name))
    let spaceEnd = spaceStart + spaceSize + (version == 1 ? -spaceSize & 7 : 0)
    try cursor.move(to: spaceEnd, field: field(name))
    let count = try byteCount(of: shape, type, at: spaceStart, field: name)
    let dataStart = cursor.offset
    _ = try cursor.take(count, field: field(name))
    let elements = HDF5Elements(type: type, shape: shape, field: field(name), origin: origin)
    let range = dataStart..<(dataStart + count)
    return (
      name, try elements.value(UnsafeRawBufferPointer(rebasing: bytes[range]), heap: &heap)
    )
  }

  private func refuseDenseAttributes(_ body: Range<Int>) throws(FormatError) {
    var cursor = try cursor(in: body, field: "attribute info")
    _ = try cursor.byte(field: "attribute info")
    let flags = try cursor.byte(field: "attribute info")
    if flags & 1 == 1 { _ = try cursor.take(2, field: "attribute info") }
    guard try address(&cursor, field: "attribute info") == nil else {
      throw unsupported(
        "an object has its attributes in a fractal heap", at: body.lowerBound,
        field: "attribute info", expected: "attributes in the object's header",
        got: "dense storage")
    }
  }
}

extension HDF5Datatype {
  /// Reads a type that has `size` bytes, and moves behind them.
  init(
    _ cursor: inout ByteCursor, ending size: Int, isPadded: Bool, field: String
  ) throws(FormatError) {
    let start = cursor.offset
    try self.init(&cursor, field: field)
    try cursor.move(to: start + size + (isPadded ? -size & 7 : 0), field: field)
  }
}
