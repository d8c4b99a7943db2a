extension HDF5Reader {
  /// The names in a group and the addresses of what they name.
  mutating func links(
    in messages: [HDF5Message], at address: Int
  ) throws(FormatError) -> [(name: String, address: Int)] {
    var links: [(name: String, address: Int)] = []
    for message in messages {
      switch message.kind {
      case .symbolTable:
        var cursor = try cursor(in: message.body, field: "symbol table")
        let tree = try self.address(&cursor, field: "B-tree")
        let heap = try self.address(&cursor, field: "local heap")
        guard let tree, let heap else { continue }
        try readTree(at: tree, names: localHeap(at: heap), level: nil, into: &links)
      case .link:
        links.append(try link(message.body))
      case .linkInfo:
        try refuseDenseLinks(message.body)
      default: break
      }
      guard links.count <= limits.members else { throw tooManyMembers(at: address) }
    }
    var names: Set<String> = []
    for (name, child) in links where !names.insert(name).inserted {
      throw error(
        .duplicate, "a group has a name twice", at: child, field: name,
        expected: "each name once", got: name)
    }
    return links
  }

  // MARK: Symbol tables

  /// The range of the names in the local heap at an address.
  private mutating func localHeap(at address: Int) throws(FormatError) -> Range<Int> {
    try requireSignature("HEAP", version: 0, at: address, field: "local heap")
    var cursor = try cursor(at: address + 8, field: "local heap")
    let size = try index(&cursor, field: "local heap")
    _ = try index(&cursor, field: "local heap")
    guard let start = try self.address(&cursor, field: "local heap"), size <= bytes.count - start
    else {
      throw error(
        .truncated, "the names of a group reach over the end", at: address, field: "local heap",
        expected: "at most \(bytes.count) bytes", got: "\(size)")
    }
    try charge(32, at: address)
    return start..<(start + size)
  }

  /// Reads a node of a group's tree and all below it.
  ///
  /// - Parameter level: the level that the node must have, if it is not the root.
  private mutating func readTree(
    at address: Int, names: Range<Int>, level: Int?,
    into links: inout [(name: String, address: Int)]
  ) throws(FormatError) {
    // The budget ends a loop of nodes, for each visit takes from it.
    try charge(24, at: address)
    var cursor = try cursor(at: address, field: "B-tree")
    let signature = try cursor.take(4, field: field("B-tree"))
    let type = try cursor.byte(field: field("B-tree"))
    let ownLevel = Int(try cursor.byte(field: field("B-tree")))
    guard signature.elementsEqual("TREE".utf8), type == 0, ownLevel == level ?? ownLevel else {
      throw error(
        .invalid, "a node of a group's tree is not what it should be", at: address,
        field: "B-tree", expected: "TREE, type 0\(level.map { ", level \($0)" } ?? "")",
        got: "\(Array(signature)), type \(type), level \(ownLevel)")
    }
    guard ownLevel <= limits.depth else {
      throw origin.overLimit(
        .depth, "a group's tree is too high", most: limits.depth, got: "\(ownLevel)",
        at: .byte(address), field: field("B-tree"))
    }
    let count = Int(try cursor.littleEndian(UInt16.self, field: field("B-tree")))
    _ = try cursor.take(16, field: field("B-tree"))
    try charge(16 * count, at: address)
    for _ in 0..<count {
      _ = try cursor.take(8, field: field("B-tree"))
      guard let child = try self.address(&cursor, field: "B-tree") else {
        throw error(
          .invalid, "a node of a group's tree leads nowhere", at: cursor.offset - 8,
          field: "B-tree", expected: "an address", got: "none")
      }
      if ownLevel > 0 {
        try readTree(at: child, names: names, level: ownLevel - 1, into: &links)
      } else {
        try readSymbols(at: child, names: names, into: &links)
      }
    }
  }

  private mutating func readSymbols(
    at address: Int, names: Range<Int>, into links: inout [(name: String, address: Int)]
  ) throws(FormatError) {
    try requireSignature("SNOD", version: 1, at: address, field: "symbol table node")
    var cursor = try cursor(at: address + 6, field: "symbol table node")
    let count = Int(try cursor.littleEndian(UInt16.self, field: field("symbol table node")))
    try charge(8 + 40 * count, at: address)
    for _ in 0..<count {
      let place = cursor.offset
      let nameOffset = try index(&cursor, field: "symbol table node")
      let object = try self.address(&cursor, field: "symbol table node")
      let cache = try cursor.littleEndian(UInt32.self, field: field("symbol table node"))
      _ = try cursor.take(20, field: field("symbol table node"))
      let name = try self.name(at: nameOffset, in: names)
      guard cache != 2, let object else {
        throw unsupported(
          "a name is a link to another name", at: place, field: name, expected: "an object",
          got: "a soft link")
      }
      guard links.count < limits.members else { throw tooManyMembers(at: address) }
      links.append((name, object))
    }
  }

  private mutating func name(at offset: Int, in names: Range<Int>) throws(FormatError) -> String {
    guard offset < names.count else {
      throw error(
        .invalid, "a name lies behind the end of its heap", at: names.lowerBound,
        field: "local heap", expected: "below \(names.count)", got: "\(offset)")
    }
    let start = names.lowerBound + offset
    var cursor = try cursor(in: start..<names.upperBound, field: "local heap")
    try cursor.skipZeroTerminated(field: field("local heap"))
    return try name(start..<(cursor.offset - 1))
  }

  private mutating func name(_ range: Range<Int>) throws(FormatError) -> String {
    try charge(range.count, at: range.lowerBound)
    let name = try HDF5Text.decode(
      UnsafeRawBufferPointer(rebasing: bytes[range]), at: range.lowerBound, isSpacePadded: false,
      field: field("name"), origin: origin)
    guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else {
      throw error(
        .invalid, "this is not a name", at: range.lowerBound, field: "name",
        expected: "text without a slash", got: "'\(name)'")
    }
    return name
  }

  private func requireSignature(
    _ signature: StaticString, version: UInt8, at address: Int, field: String
  ) throws(FormatError) {
    var cursor = try cursor(at: address, field: field)
    let expected = signature.withUTF8Buffer { Array($0) } + [version]
    let got = [UInt8](try cursor.take(5, field: self.field(field)))
    guard got == expected else {
      throw error(
        .invalid, "a structure does not start with its signature", at: address, field: field,
        expected: "\(signature), version \(version)", got: "\(got)")
    }
  }

  // MARK: Links in the header, as groups with names outside ASCII have them

  private mutating func link(
    _ body: Range<Int>
  ) throws(FormatError) -> (name: String, address: Int) {
    var cursor = try cursor(in: body, field: "link")
    let version = try cursor.byte(field: field("link"))
    let flags = try cursor.byte(field: field("link"))
    guard version == 1 else {
      throw unsupported(
        "the version of a link is not known", at: body.lowerBound, field: "link", expected: "1",
        got: "\(version)")
    }
    let type = flags & 8 == 0 ? 0 : try cursor.byte(field: field("link"))
    if flags & 4 != 0 { _ = try cursor.take(8, field: field("link")) }
    if flags & 16 != 0 { _ = try cursor.take(1, field: field("link")) }
    var length: UInt64 = 0
    for place in 0..<(1 << UInt64(flags & 3)) {
      length |= UInt64(try cursor.byte(field: field("link"))) << UInt64(8 * place)
    }
    let count = try origin.index(length, at: body.lowerBound, field: field("link"))
    let start = cursor.offset
    _ = try cursor.take(count, field: field("link"))
    let name = try name(start..<(start + count))
    guard type == 0, let address = try address(&cursor, field: "link") else {
      throw unsupported(
        "a name is a link to another name or file", at: body.lowerBound, field: name,
        expected: "an object", got: "a link of type \(type)")
    }
    return (name, address)
  }

  private func refuseDenseLinks(_ body: Range<Int>) throws(FormatError) {
    var cursor = try cursor(in: body, field: "link info")
    _ = try cursor.byte(field: field("link info"))
    let flags = try cursor.byte(field: field("link info"))
    if flags & 1 == 1 { _ = try cursor.take(8, field: field("link info")) }
    guard try address(&cursor, field: "link info") == nil else {
      throw unsupported(
        "a group has its links in a fractal heap", at: body.lowerBound, field: "link info",
        expected: "links in symbol tables or in the group's header",
        got: "dense storage, as for more than 8 names outside ASCII")
    }
  }
}
