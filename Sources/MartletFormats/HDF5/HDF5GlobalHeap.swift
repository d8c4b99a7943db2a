/// The texts in the global heap of a file that is read.
struct HDF5GlobalHeap {
  private struct Reference: Hashable {
    var address: Int
    var index: UInt32
    var length: UInt32
  }

  private let file: UnsafeRawBufferPointer
  private let origin: Origin
  private var collections: [Int: [UInt32: Range<Int>]] = [:]
  private var texts: [Reference: String] = [:]
  /// How many bytes collections and texts may still have: no two share a byte of the file.
  private var budgets: (collections: Int, texts: Int)

  /// - Parameter file: the bytes of the whole file, which outlive the heap.
  init(_ file: UnsafeRawBufferPointer, origin: Origin) {
    self.file = file
    self.origin = origin
    budgets = (file.count, file.count)
  }

  /// The text that an element of 16 bytes refers to, which may lie outside the file.
  mutating func text(
    _ element: inout ByteCursor, field: String
  ) throws(FormatError) -> String {
    let place = element.offset
    let length = try element.littleEndian(UInt32.self, field: field)
    let address = try element.littleEndian(UInt64.self, field: field)
    let index = try element.littleEndian(UInt32.self, field: field)
    if length == 0 { return "" }
    let reference = Reference(
      address: try origin.index(address, at: place + 4, field: field), index: index,
      length: length)
    if let text = texts[reference] { return text }
    budgets.texts -= Int(length)
    guard budgets.texts >= 0 else { throw overlap(at: place, field: field) }
    guard
      let object = try objects(at: reference.address, field: field)[index],
      length <= object.count
    else {
      throw origin.error(
        .invalid, "a text is not in the heap", at: .byte(place), field: field,
        expected: "an object of the heap at \(reference.address)",
        got: "number \(index), \(length) bytes")
    }
    let bytes = file[object.lowerBound..<(object.lowerBound + Int(length))]
    let text = try HDF5Text.decode(
      UnsafeRawBufferPointer(rebasing: bytes), at: object.lowerBound, isSpacePadded: false,
      field: field, origin: origin)
    texts[reference] = text
    return text
  }

  /// The objects of the collection at an address, by their numbers.
  private mutating func objects(
    at address: Int, field: String
  ) throws(FormatError) -> [UInt32: Range<Int>] {
    if let known = collections[address] { return known }
    var cursor = ByteCursor(file, origin: origin)
    let field = "\(field), global heap"
    try cursor.move(to: address, field: field)
    guard try cursor.take(4, field: field).elementsEqual("GCOL".utf8),
      try cursor.byte(field: field) == 1
    else {
      throw origin.error(
        .invalid, "a global heap does not start with its signature", at: .byte(address),
        field: field, expected: "GCOL, version 1", got: "something else")
    }
    _ = try cursor.take(3, field: field)
    let size = try origin.index(
      cursor.littleEndian(UInt64.self, field: field), at: address + 8, field: field)
    guard size >= 16, size <= file.count - address else {
      throw origin.error(
        .truncated, "a global heap reaches over the end", at: .byte(address + 8), field: field,
        expected: "16 to \(file.count - address) bytes", got: "\(size)")
    }
    budgets.collections -= size
    guard budgets.collections >= 0 else {
      throw overlap(at: address, field: field)
    }
    var objects: [UInt32: Range<Int>] = [:]
    while address + size - cursor.offset >= 16 {
      let place = cursor.offset
      let index = try cursor.littleEndian(UInt16.self, field: field)
      _ = try cursor.take(6, field: field)
      // Number 0 is the free space, the last there is.
      if index == 0 { break }
      let count = try origin.index(
        cursor.littleEndian(UInt64.self, field: field), at: place + 8, field: field)
      guard count <= address + size - cursor.offset else {
        throw origin.error(
          .invalid, "an object of a global heap reaches over its end", at: .byte(place),
          field: field, expected: "at most \(address + size - cursor.offset) bytes",
          got: "\(count)")
      }
      let range = cursor.offset..<(cursor.offset + count)
      objects[UInt32(index)] = range
      let padded = min(range.upperBound + (-count & 7), address + size)
      try cursor.move(to: padded, field: field)
    }
    collections[address] = objects
    return objects
  }

  private func overlap(at place: Int, field: String) -> FormatError {
    origin.error(
      .invalid, "texts share their bytes", at: .byte(place), field: field,
      expected: "each byte of the file in one text", got: "more text than the file has bytes")
  }
}

/// How HDF5 stores text.
enum HDF5Text {
  /// The text up to its padding.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, at place: Int, isSpacePadded: Bool, field: String,
    origin: Origin
  ) throws(FormatError) -> String {
    var count = bytes.firstIndex(of: 0) ?? bytes.count
    if isSpacePadded {
      while count > 0, bytes[count - 1] == UInt8(ascii: " ") { count -= 1 }
    }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw origin.error(
        .invalid, "a text is not in UTF-8", at: .byte(place), field: field, expected: "UTF-8",
        got: "\(Array(bytes.prefix(min(count, 40))))")
    }
    return text
  }
}
