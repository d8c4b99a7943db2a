/// Reads the tree of an HDF5 file.
///
/// Nothing in the file is believed: every object is read once however many links lead to it, a
/// loop of links is refused, and the structures together may not have more bytes than the file,
/// as they would if they shared some. So the work is in proportion to the file's size.
struct HDF5Reader {
  let bytes: UnsafeRawBufferPointer
  /// The same bytes, for data that is read later.
  let file: ArraySlice<UInt8>
  let limits: LoadLimits
  let origin: Origin
  var heap: HDF5GlobalHeap
  /// The names from the root to what is being read.
  var path: [String] = []

  private var structureBudget: Int
  private var dataBudget: Int
  private var open: Set<Int> = []
  private var done: [Int: Object] = [:]

  private enum Object {
    /// A group, and how many objects it holds at any depth.
    case group(HDF5Group, count: Int)
    case dataset(HDF5Dataset)
  }

  init(
    _ bytes: UnsafeRawBufferPointer, file: ArraySlice<UInt8>, limits: LoadLimits, origin: Origin
  ) {
    self.bytes = bytes
    self.file = file
    self.limits = limits
    self.origin = origin
    heap = HDF5GlobalHeap(bytes, origin: origin)
    structureBudget = bytes.count
    dataBudget = limits.dataBytes
  }

  mutating func root() throws(FormatError) -> HDF5Group {
    let address = try rootAddress()
    guard case .group(let group, _) = try object(at: address) else {
      throw error(
        .invalid, "the root is no group", at: address, field: "root group", expected: "a group",
        got: "a dataset")
    }
    return group
  }

  /// Reads the superblock.
  private mutating func rootAddress() throws(FormatError) -> Int {
    var cursor = ByteCursor(bytes, origin: origin)
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    guard bytes.starts(with: signature) else {
      throw origin.error(
        signature.starts(with: bytes) ? .truncated : .notThisFormat,
        "the bytes do not start as HDF5 does", at: .byte(0), field: "signature",
        expected: "89 48 44 46 0d 0a 1a 0a", got: "\(Array(bytes.prefix(8)))",
        fix: "check that this is the file you mean.")
    }
    _ = try cursor.take(8, field: "signature")
    let version = try cursor.byte(field: "superblock version")
    guard version <= 1 else {
      throw unsupported(
        "the version of the superblock is not known", at: 8, field: "superblock version",
        expected: "0 or 1", got: "\(version)")
    }
    _ = try cursor.take(4, field: "superblock")
    let offsetSize = try cursor.byte(field: "size of offsets")
    let lengthSize = try cursor.byte(field: "size of lengths")
    guard offsetSize == 8, lengthSize == 8 else {
      throw unsupported(
        "addresses are not of 64 bits", at: 13, field: "size of offsets", expected: "8 and 8",
        got: "\(offsetSize) and \(lengthSize)")
    }
    _ = try cursor.take(version == 0 ? 9 : 13, field: "superblock")
    let base = try cursor.littleEndian(UInt64.self, field: "base address")
    guard base == 0 else {
      throw unsupported(
        "the file has a block of the user's before it", at: cursor.offset - 8,
        field: "base address", expected: "0", got: "\(base)")
    }
    _ = try cursor.take(8, field: "superblock")
    let end = try index(&cursor, field: "end of file address")
    guard end <= bytes.count else {
      throw error(
        .truncated, "the file is shorter than it says", at: cursor.offset - 8,
        field: "end of file address", expected: "\(end) bytes", got: "\(bytes.count)")
    }
    _ = try cursor.take(16, field: "superblock")
    guard let root = try address(&cursor, field: "root group") else {
      throw error(
        .invalid, "the file has no root", at: cursor.offset - 8, field: "root group",
        expected: "an address", got: "none")
    }
    try charge(96, at: 0)
    return root
  }

  // MARK: Objects

  private mutating func object(at address: Int) throws(FormatError) -> Object {
    if let known = done[address] { return known }
    guard open.insert(address).inserted else {
      throw error(
        .invalid, "a group contains itself", at: address, field: "links",
        expected: "groups that form a tree", got: "a loop")
    }
    guard path.count <= limits.depth else {
      throw origin.overLimit(
        .depth, "groups are nested too deeply", most: limits.depth, got: "more",
        at: .byte(address), field: field("links"))
    }
    let messages = try messages(at: address)
    let attributes = try attributes(in: messages)
    let object: Object
    if messages.contains(where: { $0.kind == .layout }) {
      object = .dataset(try dataset(messages, attributes: attributes, at: address))
    } else {
      object = try group(messages, attributes: attributes, at: address)
    }
    open.remove(address)
    done[address] = object
    return object
  }

  private mutating func group(
    _ messages: [HDF5Message], attributes: [String: HDF5Value], at address: Int
  ) throws(FormatError) -> Object {
    var group = HDF5Group(attributes: attributes)
    var total = 0
    for (name, child) in try links(in: messages, at: address) {
      path.append(name)
      switch try object(at: child) {
      case .group(let subgroup, let count):
        group.groups[name] = subgroup
        total += count
      case .dataset(let dataset):
        group.datasets[name] = dataset
      }
      path.removeLast()
      total += 1
      guard total <= limits.members else { throw tooManyMembers(at: address) }
    }
    return .group(group, count: total)
  }

  func tooManyMembers(at address: Int) -> FormatError {
    origin.overLimit(
      .members, "the file has too many groups and datasets", most: limits.members, got: "more",
      at: .byte(address), field: field("links"))
  }

  private mutating func dataset(
    _ messages: [HDF5Message], attributes: [String: HDF5Value], at address: Int
  ) throws(FormatError) -> HDF5Dataset {
    func body(_ kind: HDF5Message.Kind) throws(FormatError) -> Range<Int> {
      guard let message = messages.first(where: { $0.kind == kind }) else {
        throw error(
          .invalid, "a dataset is not described completely", at: address, field: "\(kind)",
          expected: "datatype, dataspace and layout", got: "no \(kind)")
      }
      return message.body
    }
    if messages.contains(where: { $0.kind == .externalFiles }) {
      throw unsupported(
        "the data lies in another file", at: address, field: "external files",
        expected: "data in this file", got: "a list of files")
    }
    var typeCursor = try cursor(in: body(.datatype), field: "datatype")
    let type = try HDF5Datatype(&typeCursor, field: field("datatype"))
    var spaceCursor = try cursor(in: body(.dataspace), field: "dataspace")
    let place = spaceCursor.offset
    let shape = try HDF5Dataspace.shape(&spaceCursor, limits: limits, field: field("dataspace"))
    let count = try byteCount(of: shape, type, at: place, field: "dataspace")
    dataBudget -= count
    guard dataBudget >= 0 else {
      throw origin.overLimit(
        .dataBytes, "the datasets are larger than the limit", most: limits.dataBytes,
        got: "\(count) bytes for \(shape) after \(limits.dataBytes - dataBudget - count)",
        at: .byte(place), field: field("dataspace"))
    }
    let read = try HDF5Layout(
      body(.layout), filters: messages.first { $0.kind == .filters }?.body, type: type,
      shape: shape, byteCount: count, reader: &self)
    return HDF5Dataset(attributes: attributes, shape: shape, dtype: type.numberType) {
      () throws(FormatError) in
      try read.value()
    }
  }

  // MARK: Small things

  /// Counts bytes that a structure has for itself.
  mutating func charge(_ count: Int, at place: Int) throws(FormatError) {
    structureBudget -= count
    guard structureBudget >= 0 else {
      throw error(
        .invalid, "structures of the file share their bytes", at: place, field: "structure",
        expected: "each byte in one structure", got: "more structure than the file has bytes")
    }
  }

  func cursor(at offset: Int, field: String) throws(FormatError) -> ByteCursor {
    var cursor = ByteCursor(bytes, origin: origin)
    try cursor.move(to: offset, field: self.field(field))
    return cursor
  }

  /// A cursor that ends with a range, whose offsets are those of the file.
  func cursor(in range: Range<Int>, field: String) throws(FormatError) -> ByteCursor {
    guard range.upperBound <= bytes.count else {
      throw error(
        .truncated, "the bytes end too early", at: range.lowerBound, field: field,
        expected: "\(range.count) more bytes", got: "\(max(0, bytes.count - range.lowerBound))")
    }
    var cursor = ByteCursor(
      UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]), origin: origin)
    try cursor.move(to: range.lowerBound, field: self.field(field))
    return cursor
  }

  /// An address, or nil for the undefined one; it lies in the file.
  func address(_ cursor: inout ByteCursor, field: String) throws(FormatError) -> Int? {
    let place = cursor.offset
    let number = try cursor.littleEndian(UInt64.self, field: self.field(field))
    if number == .max { return nil }
    guard let address = Int(exactly: number), address < bytes.count else {
      throw error(
        .truncated, "an address lies behind the end", at: place, field: field,
        expected: "below \(bytes.count)", got: "\(number)")
    }
    return address
  }

  func index(_ cursor: inout ByteCursor, field: String) throws(FormatError) -> Int {
    let place = cursor.offset
    let number = try cursor.littleEndian(UInt64.self, field: self.field(field))
    return try origin.index(number, at: place, field: self.field(field))
  }

  func byteCount(
    of shape: [Int], _ type: HDF5Datatype, at place: Int, field: String
  ) throws(FormatError) -> Int {
    try origin.product(
      of: shape, times: type.byteCount, at: .byte(place), field: self.field(field))
  }

  /// The name of a field together with the object it belongs to.
  func field(_ name: String) -> String { "/\(path.joined(separator: "/")), \(name)" }

  func error(
    _ reason: FormatError.Reason, _ what: String, at place: Int, field: String, expected: String,
    got: String, fix: String = Origin.damaged
  ) -> FormatError {
    origin.error(
      reason, what, at: .byte(place), field: self.field(field), expected: expected, got: got,
      fix: fix)
  }

  func unsupported(
    _ what: String, at place: Int, field: String, expected: String, got: String
  ) -> FormatError {
    error(
      .unsupported, what, at: place, field: field, expected: expected, got: got,
      fix: "write the file again with h5py's defaults (libver='earliest').")
  }
}
