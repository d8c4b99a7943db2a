/// The shape of a dataset or an attribute, as the file describes it.
enum HDF5Dataspace {
  /// Reads the body of a dataspace message.
  static func shape(
    _ cursor: inout ByteCursor, limits: LoadLimits, field: String
  ) throws(FormatError) -> [Int] {
    let place = cursor.offset
    let origin = cursor.origin
    let version = try cursor.byte(field: field)
    let rank = Int(try cursor.byte(field: field))
    let flags = try cursor.byte(field: field)
    let kind = try cursor.byte(field: field)
    guard version == 1 || version == 2 else {
      throw origin.error(
        .unsupported, "the version of the shape is not known", at: .byte(place), field: field,
        expected: "1 or 2", got: "\(version)", fix: "write the file again with libver='earliest'.")
    }
    guard rank <= limits.rank else {
      throw origin.overLimit(
        .rank, "there are too many axes", most: limits.rank, got: "\(rank)",
        at: .byte(place + 1), field: field)
    }
    if version == 1 { _ = try cursor.take(4, field: field) }
    // In version 2 the third kind is a dataset without any element.
    if version == 2, kind == 2 { return [0] }
    var shape: [Int] = []
    for _ in 0..<rank {
      let at = cursor.offset
      shape.append(
        try origin.index(
          cursor.littleEndian(UInt64.self, field: field), at: at, field: field))
    }
    if flags & 1 == 1 { _ = try cursor.take(8 * rank, field: field) }
    return shape
  }

  /// The body of the dataspace message for a shape.
  static func message(for shape: [Int]) -> [UInt8] {
    var bytes: [UInt8] = [1, UInt8(shape.count), shape.isEmpty ? 0 : 1, 0, 0, 0, 0, 0]
    // Once as the lengths, once as the most that they may grow to.
    for length in shape + shape { bytes.append(littleEndian: UInt64(length)) }
    return bytes
  }
}
