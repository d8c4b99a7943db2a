/// The checked directory of a zip file.
struct ZipDirectory {
  private(set) var members: [Zip.Member] = []

  private let bytes: UnsafeRawBufferPointer
  private let limits: LoadLimits
  private let origin: Origin

  /// Where the directory lies, as the records at the file's end tell it.
  private struct Extent {
    var memberCount: UInt64
    var byteCount: UInt64
    var start: UInt64
    /// The first byte after the directory: of the first record at the end.
    var end: Int
  }

  init(
    _ bytes: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    self.bytes = bytes
    self.limits = limits
    self.origin = origin
    try readMembers(of: findDirectory())
  }

  /// The cursor at an offset.
  private func cursor(at offset: Int, field: String) throws(FormatError) -> ByteCursor {
    var cursor = ByteCursor(bytes, origin: origin)
    try cursor.move(to: offset, field: field)
    return cursor
  }

  // MARK: The end of the file

  private func findDirectory() throws(FormatError) -> Extent {
    let end = try findEndRecord()
    var cursor = try cursor(at: end + 4, field: "end of central directory")
    let disk = try cursor.littleEndian(UInt16.self, field: "number of this disk")
    let firstDisk = try cursor.littleEndian(UInt16.self, field: "disk of the directory")
    let countHere = try cursor.littleEndian(UInt16.self, field: "entries on this disk")
    let count = try cursor.littleEndian(UInt16.self, field: "entries")
    let size = try cursor.littleEndian(UInt32.self, field: "directory size")
    let start = try cursor.littleEndian(UInt32.self, field: "directory offset")
    if let extent = try findZip64Record(before: end) { return extent }
    guard disk == 0, firstDisk == 0, countHere == count else {
      throw severalDisks(at: end, got: "disk \(disk), \(countHere) of \(count) entries")
    }
    return Extent(
      memberCount: UInt64(count), byteCount: UInt64(size), start: UInt64(start), end: end)
  }

  /// The last place where an end record stands whose comment reaches to the file's end.
  private func findEndRecord() throws(FormatError) -> Int {
    var place = bytes.count - 22
    let first = max(0, place - 0xffff)
    while place >= first {
      if word(at: place) == 0x0605_4b50 {
        let comment = Int(bytes[place + 20]) | Int(bytes[place + 21]) << 8
        if place + 22 + comment == bytes.count { return place }
      }
      place -= 1
    }
    let startsAsZip = bytes.count >= 4 && word(at: 0) == 0x0403_4b50
    throw origin.error(
      startsAsZip ? .truncated : .notThisFormat,
      startsAsZip ? "the directory at the end is missing" : "the bytes are not those of a zip file",
      at: .byte(max(0, bytes.count - 22)), field: "end of central directory",
      expected: "50 4b 05 06 and a comment to the end of the file", got: "no such record",
      fix: startsAsZip ? Origin.damaged : "check that this is the file you mean.")
  }

  private func findZip64Record(before end: Int) throws(FormatError) -> Extent? {
    guard end >= 20, word(at: end - 20) == 0x0706_4b50 else { return nil }
    var cursor = try cursor(at: end - 16, field: "zip64 locator")
    let disk = try cursor.littleEndian(UInt32.self, field: "disk of the zip64 record")
    let offset = try cursor.littleEndian(UInt64.self, field: "zip64 record offset")
    let disks = try cursor.littleEndian(UInt32.self, field: "number of disks")
    guard disk == 0, disks <= 1 else { throw severalDisks(at: end - 20, got: "\(disks)") }
    let place = try cursor.origin.index(offset, at: end - 12, field: "zip64 record offset")
    guard place <= end - 20 - 56 else {
      throw invalid(
        "the zip64 record lies behind its locator", at: end - 12, field: "zip64 record offset",
        expected: "at most \(end - 76)", got: "\(offset)")
    }
    try cursor.move(to: place, field: "zip64 record")
    let signature = try cursor.littleEndian(UInt32.self, field: "zip64 record")
    guard signature == 0x0606_4b50 else {
      throw wrongSignature(signature, 0x0606_4b50, at: place, field: "zip64 record")
    }
    _ = try cursor.take(20, field: "zip64 record")
    let countHere = try cursor.littleEndian(UInt64.self, field: "zip64 entries on this disk")
    let count = try cursor.littleEndian(UInt64.self, field: "zip64 entries")
    let size = try cursor.littleEndian(UInt64.self, field: "zip64 directory size")
    let start = try cursor.littleEndian(UInt64.self, field: "zip64 directory offset")
    guard countHere == count else {
      throw severalDisks(at: place, got: "\(countHere) of \(count) entries")
    }
    return Extent(memberCount: count, byteCount: size, start: start, end: place)
  }

  // MARK: The directory

  private mutating func readMembers(of extent: Extent) throws(FormatError) {
    guard extent.memberCount <= limits.members else {
      throw origin.overLimit(
        .members, "the archive has too many members", most: limits.members,
        got: "\(extent.memberCount)", at: .byte(extent.end), field: "entries")
    }
    guard extent.byteCount <= limits.headerBytes else {
      throw origin.overLimit(
        .headerBytes, "the directory is larger than the limit", most: limits.headerBytes,
        got: "\(extent.byteCount)", at: .byte(extent.end), field: "directory size")
    }
    let start = try origin.index(extent.start, at: extent.end, field: "directory offset")
    guard extent.byteCount <= extent.end, start == extent.end - Int(extent.byteCount) else {
      throw invalid(
        "the directory does not end where the records at the end begin", at: extent.end,
        field: "directory offset", expected: "\(extent.end) less \(extent.byteCount)",
        got: "\(start)")
    }
    var cursor = ByteCursor(
      UnsafeRawBufferPointer(rebasing: bytes[..<extent.end]), origin: origin)
    try cursor.move(to: start, field: "directory")
    var names: Set<String> = []
    var total = 0
    var ranges: [Range<Int>] = []
    for _ in 0..<extent.memberCount {
      let place = cursor.offset
      let (member, range) = try readMember(&cursor, directoryStart: start)
      guard names.insert(member.name).inserted else {
        throw origin.error(
          .duplicate, "a name stands in the directory twice", at: .byte(place),
          field: member.name, expected: "each name once", got: member.name)
      }
      guard member.byteCount <= limits.dataBytes - total else {
        throw origin.overLimit(
          .dataBytes, "the members are larger than the limit", most: limits.dataBytes,
          got: "\(member.byteCount) bytes after \(total)", at: .byte(place), field: member.name)
      }
      total += member.byteCount
      members.append(member)
      ranges.append(range)
    }
    guard cursor.isAtEnd else {
      throw origin.error(
        .mismatch, "the directory has bytes after its last entry", at: .byte(cursor.offset),
        field: "directory size", expected: "\(cursor.offset - start)", got: "\(extent.byteCount)")
    }
    try refuseOverlaps(ranges)
  }

  /// Members that share bytes are how a small archive expands to any size.
  private func refuseOverlaps(_ ranges: [Range<Int>]) throws(FormatError) {
    let order = ranges.indices.sorted { ranges[$0].lowerBound < ranges[$1].lowerBound }
    for (one, next) in zip(order, order.dropFirst())
    where ranges[one].upperBound > ranges[next].lowerBound {
      throw invalid(
        "two members overlap", at: ranges[next].lowerBound, field: members[next].name,
        expected: "a start at \(ranges[one].upperBound) or behind it",
        got: "\(ranges[next].lowerBound)")
    }
  }

  private func readMember(
    _ cursor: inout ByteCursor, directoryStart: Int
  ) throws(FormatError) -> (Zip.Member, range: Range<Int>) {
    let place = cursor.offset
    let signature = try cursor.littleEndian(UInt32.self, field: "directory entry")
    guard signature == 0x0201_4b50 else {
      throw wrongSignature(signature, 0x0201_4b50, at: place, field: "directory entry")
    }
    _ = try cursor.take(4, field: "versions")
    let flags = try cursor.littleEndian(UInt16.self, field: "flags")
    let method = try cursor.littleEndian(UInt16.self, field: "compression method")
    _ = try cursor.take(4, field: "time and date")
    let checksum = try cursor.littleEndian(UInt32.self, field: "CRC-32")
    let storedSize = try cursor.littleEndian(UInt32.self, field: "compressed size")
    let size = try cursor.littleEndian(UInt32.self, field: "size")
    let nameCount = Int(try cursor.littleEndian(UInt16.self, field: "name length"))
    let extraCount = Int(try cursor.littleEndian(UInt16.self, field: "extra field length"))
    let commentCount = Int(try cursor.littleEndian(UInt16.self, field: "comment length"))
    let disk = try cursor.littleEndian(UInt16.self, field: "disk of the member")
    _ = try cursor.take(6, field: "attributes")
    let header = try cursor.littleEndian(UInt32.self, field: "local header offset")
    let rawName = try cursor.take(nameCount, field: "name")
    let name = try text(rawName, flags: flags, at: place)
    guard flags & 0x2041 == 0 else {
      throw unsupported(
        "the member is encrypted", at: place + 8, field: name, got: "flags \(flags)")
    }
    guard method == 0 || method == 8 else {
      throw unsupported(
        "the compression method is unknown", at: place + 10, field: name,
        expected: "0, stored, or 8, deflate", got: "\(method)")
    }
    var sizes = Zip64Sizes(size: size, storedSize: storedSize, header: header)
    try sizes.read(cursor.take(extraCount, field: "extra fields"), entry: place, origin: origin)
    _ = try cursor.take(commentCount, field: "comment")
    guard disk == 0 || disk == 0xffff else { throw severalDisks(at: place, got: "\(disk)") }
    let byteCount = try origin.index(sizes.size, at: place, field: "\(name), size")
    let storedCount = try origin.index(sizes.storedSize, at: place, field: "\(name), stored size")
    guard method == 8 || byteCount == storedCount else {
      throw origin.error(
        .mismatch, "the sizes of a stored member differ", at: .byte(place), field: name,
        expected: "\(storedCount)", got: "\(byteCount)")
    }
    // DEFLATE gives 258 bytes for two bits at the most.
    guard method == 0 || byteCount / 1032 <= storedCount else {
      throw origin.error(
        .mismatch, "the declared size is more than deflate can hold", at: .byte(place),
        field: name, expected: "at most 1032 times \(storedCount)", got: "\(byteCount)")
    }
    let headerStart = try origin.index(sizes.header, at: place, field: "\(name), header offset")
    let start = try checkLocalHeader(
      at: headerStart, name: rawName, field: name, directoryStart: directoryStart)
    guard storedCount <= directoryStart - start else {
      throw origin.error(
        .truncated, "a member reaches into the directory", at: .byte(start), field: name,
        expected: "\(storedCount) bytes", got: "\(directoryStart - start)")
    }
    let member = Zip.Member(
      name: name, byteCount: byteCount, storedByteCount: storedCount, isDeflated: method == 8,
      checksum: checksum, start: start)
    return (member, headerStart..<(start + storedCount))
  }

  /// Checks the header before a member, and returns where the contents start.
  private func checkLocalHeader(
    at place: Int, name: UnsafeRawBufferPointer, field: String, directoryStart: Int
  ) throws(FormatError) -> Int {
    var cursor = ByteCursor(
      UnsafeRawBufferPointer(rebasing: bytes[..<directoryStart]), origin: origin)
    try cursor.move(to: place, field: "\(field), header offset")
    let signature = try cursor.littleEndian(UInt32.self, field: "\(field), header")
    guard signature == 0x0403_4b50 else {
      throw wrongSignature(signature, 0x0403_4b50, at: place, field: "\(field), header")
    }
    _ = try cursor.take(22, field: "\(field), header")
    let nameCount = Int(try cursor.littleEndian(UInt16.self, field: "\(field), name length"))
    let extraCount = Int(try cursor.littleEndian(UInt16.self, field: "\(field), extra length"))
    let ownName = try cursor.take(nameCount, field: "\(field), name")
    guard ownName.elementsEqual(name) else {
      throw origin.error(
        .mismatch, "the member's own header has another name", at: .byte(place + 30),
        field: field, expected: field, got: String(decoding: ownName, as: UTF8.self))
    }
    _ = try cursor.take(extraCount, field: "\(field), extra fields")
    return cursor.offset
  }

  private func text(
    _ bytes: UnsafeRawBufferPointer, flags: UInt16, at place: Int
  ) throws(FormatError) -> String {
    // Without the flag the name is in the code page 437, whose lower half is ASCII; writers that
    // forget the flag mean UTF-8.
    guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty,
      !name.utf8.contains(0)
    else {
      throw invalid(
        "a member's name is no text", at: place + 46, field: "name", expected: "UTF-8",
        got: "\(Array(bytes.prefix(40)))")
    }
    return name
  }

  private func word(at offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  // MARK: Errors

  private func invalid(
    _ what: String, at offset: Int, field: String, expected: String, got: String
  ) -> FormatError {
    origin.error(
      .invalid, what, at: .byte(offset), field: field, expected: expected, got: got)
  }

  private func unsupported(
    _ what: String, at offset: Int, field: String, expected: String = "a plain member", got: String
  ) -> FormatError {
    origin.error(
      .unsupported, what, at: .byte(offset), field: field, expected: expected, got: got,
      fix: "write the archive again with stored or deflated members.")
  }

  private func severalDisks(at offset: Int, got: String) -> FormatError {
    unsupported(
      "the archive is spread over several disks", at: offset, field: "number of disks",
      expected: "one", got: got)
  }

  private func wrongSignature(
    _ got: UInt32, _ expected: UInt32, at offset: Int, field: String
  ) -> FormatError {
    invalid(
      "a record does not start with its signature", at: offset, field: field,
      expected: "0x" + String(expected, radix: 16), got: "0x" + String(got, radix: 16))
  }
}

/// The sizes of a member: those of 32 bits, and where these are all ones, those of 64 bits from
/// the extra field.
private struct Zip64Sizes {
  private(set) var size: UInt64
  private(set) var storedSize: UInt64
  private(set) var header: UInt64

  init(size: UInt32, storedSize: UInt32, header: UInt32) {
    self.size = UInt64(size)
    self.storedSize = UInt64(storedSize)
    self.header = UInt64(header)
  }

  mutating func read(
    _ extra: UnsafeRawBufferPointer, entry: Int, origin: Origin
  ) throws(FormatError) {
    let full = UInt64(UInt32.max)
    guard size == full || storedSize == full || header == full else { return }
    var cursor = ByteCursor(extra, origin: origin)
    while cursor.remaining >= 4 {
      let id = try cursor.littleEndian(UInt16.self, field: "extra field")
      let count = Int(try cursor.littleEndian(UInt16.self, field: "extra field"))
      let body = try cursor.take(count, field: "extra field")
      guard id == 1 else { continue }
      var wide = ByteCursor(body, origin: origin)
      if size == full { size = try wide.littleEndian(UInt64.self, field: "zip64 size") }
      if storedSize == full {
        storedSize = try wide.littleEndian(UInt64.self, field: "zip64 compressed size")
      }
      if header == full { header = try wide.littleEndian(UInt64.self, field: "zip64 offset") }
      return
    }
  }
}

extension Origin {
  /// A number from a file as an index.
  func index(_ number: UInt64, at offset: Int, field: String) throws(FormatError) -> Int {
    guard let index = Int(exactly: number) else {
      throw error(
        .overflow, "a number does not fit in 63 bits", at: .byte(offset), field: field,
        expected: "below 2^63", got: "\(number)")
    }
    return index
  }
}
