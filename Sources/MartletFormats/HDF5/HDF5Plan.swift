/// The tree of a file that is to be written, checked, in order, and with the texts of all
/// attributes and datasets put aside for the global heap.
struct HDF5Plan {
  /// A value whose texts, if it has any, are elements of ``texts``.
  struct Value {
    enum Data {
      case bytes(FileContent)
      case texts(Range<Int>)
    }
    var datatype: [UInt8]
    var dataspace: [UInt8]
    var data: Data
  }

  struct Attribute {
    var name: String
    var value: Value
  }

  indirect enum Object {
    case group([Attribute], [(name: String, object: Object)])
    case dataset([Attribute], Value)
  }

  private(set) var texts: [String] = []
  private var path: [String] = []
  private let origin = Origin(reader: "HDF5", source: "bytes")

  mutating func object(_ group: HDF5Group) throws(FormatError) -> Object {
    let attributes = try attributes(group.attributes)
    var children: [(name: String, object: Object)] = []
    var names: [String] = []
    names += group.groups.keys
    names += group.datasets.keys
    // The tree of a group is searched by bytes, as `strcmp` compares them.
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for (place, name) in names.enumerated() {
      try check(name, isTaken: place > 0 && names[place - 1] == name)
      path.append(name)
      if let child = group.groups[name] {
        children.append((name, try object(child)))
      } else if let child = group.datasets[name] {
        children.append((name, try object(child)))
      }
      path.removeLast()
    }
    return .group(attributes, children)
  }

  private mutating func object(_ dataset: HDF5Dataset) throws(FormatError) -> Object {
    var attributes = dataset.attributes
    if dataset.dtype == .bfloat16 { attributes["dtype"] = .string("bfloat16") }
    return .dataset(try self.attributes(attributes), try value(of: dataset))
  }

  private mutating func attributes(
    _ attributes: [String: HDF5Value]
  ) throws(FormatError) -> [Attribute] {
    var result: [Attribute] = []
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      guard !name.isEmpty, !name.utf8.contains(0), name.utf8.count < 1 << 15 else {
        throw self.error(
          .invalid, "this is no name for an attribute", field: "name",
          expected: "1 to 32,767 bytes without a zero", got: "'\(name.prefix(100))'",
          fix: "choose another name.")
      }
      result.append(Attribute(name: name, value: try self.value(value, field: name)))
    }
    guard result.count < 1 << 15 else {
      throw self.error(
        .invalid, "an object has too many attributes", field: "attributes",
        expected: "at most 32,767", got: "\(result.count)", fix: "use a dataset.")
    }
    return result
  }

  private mutating func value(of dataset: HDF5Dataset) throws(FormatError) -> Value {
    switch dataset.data {
    case .value(let read): return try value(read(), field: "data")
    case .content(let content):
      return try value(
        content, dtype: dataset.dtype ?? .uint8, shape: dataset.shape, field: "data")
    }
  }

  private mutating func value(_ value: HDF5Value, field: String) throws(FormatError) -> Value {
    switch value {
    case .numbers(let array):
      return try self.value(
        FileContent(array.bytes), dtype: array.dtype, shape: array.shape, field: field)
    case .strings(let strings, let shape):
      let count =
        shape.contains { $0 < 0 }
        ? -1
        : try origin.product(of: shape, times: 1, at: .whole, field: self.field(field))
      guard count == strings.count else {
        throw error(
          .mismatch, "shape and number of texts disagree", field: field,
          expected: "the texts of \(shape)", got: "\(strings.count)",
          fix: "pass all texts, and only them.")
      }
      let start = texts.count
      texts += strings
      return Value(
        datatype: HDF5Datatype.variableStringMessage,
        dataspace: try dataspace(shape, field: field), data: .texts(start..<texts.count))
    }
  }

  private func value(
    _ content: FileContent, dtype: NumberType, shape: [Int], field: String
  ) throws(FormatError) -> Value {
    guard let datatype = HDF5Datatype.message(for: dtype) else {
      throw error(
        .unsupported, "HDF5 has no such numbers", field: field, expected: "any other type",
        got: dtype.rawValue, fix: "convert them first.")
    }
    try StoredArray.check(
      content.byteCount, are: dtype, shape: shape, field: self.field(field), origin: origin)
    return Value(
      datatype: datatype, dataspace: try dataspace(shape, field: field), data: .bytes(content))
  }

  private func dataspace(_ shape: [Int], field: String) throws(FormatError) -> [UInt8] {
    guard shape.count <= 32 else {
      throw error(
        .invalid, "there are too many axes", field: field, expected: "at most 32",
        got: "\(shape.count)", fix: "give the array fewer axes.")
    }
    return HDF5Dataspace.message(for: shape)
  }

  private func check(_ name: String, isTaken: Bool) throws(FormatError) {
    guard !isTaken else {
      throw error(
        .duplicate, "a group and a dataset have the same name", field: name,
        expected: "each name once", got: name, fix: "give one of them another name.")
    }
    let isPlain = name.utf8.allSatisfy { $0 > 0 && $0 < 0x80 && $0 != UInt8(ascii: "/") }
    guard isPlain, !name.isEmpty, name != ".", name.utf8.count < 1 << 15 else {
      throw error(
        .invalid, "this is no name for a group or a dataset", field: "name",
        expected: "ASCII without a slash, and not '.'", got: "'\(name.prefix(100))'",
        fix: "choose another name.")
    }
  }

  private func field(_ name: String) -> String { "/\(path.joined(separator: "/")), \(name)" }

  func error(
    _ reason: FormatError.Reason, _ what: String, field: String, expected: String, got: String,
    fix: String
  ) -> FormatError {
    origin.error(
      reason, what, at: .whole, field: self.field(field), expected: expected, got: got, fix: fix)
  }
}
