/// Decoded bytes, whose memory grows with what is really decoded, up to a limit.
///
/// A size that a file declares is only a hint here: the first allocation is also bounded by the
/// size of the compressed bytes, so a lie costs nothing.
struct GrowingBytes: ~Copyable {
  /// The most bytes there may be.
  let limit: Int
  /// The bytes decoded so far; the storage after them is zero.
  private(set) var count = 0
  private var storage: [UInt8]

  /// - Parameter hint: the expected size, which nobody has checked.
  /// - Parameter compressed: how many bytes there are to decode.
  init(limit: Int, hint: Int?, compressed: Int) {
    self.limit = limit
    let (generous, overflow) = compressed.multipliedReportingOverflow(by: 8)
    let affordable = max(1 << 16, overflow ? Int.max : generous)
    storage = [UInt8](repeating: 0, count: min(limit, hint ?? affordable, affordable))
  }

  /// How many bytes fit before the storage must grow.
  var room: Int { storage.count - count }

  /// Doubles the storage, up to the limit; false where it is there already.
  mutating func grow() -> Bool {
    guard storage.count < limit else { return false }
    let more = min(max(storage.count, 1 << 10), limit - storage.count)
    storage.append(contentsOf: repeatElement(0, count: more))
    return true
  }

  /// Appends bytes for which there is room.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    withRoom { buffer, count in
      UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + bytes.count)])
        .copyMemory(from: bytes)
      count += bytes.count
    }
  }

  /// Gives `body` the whole storage, and the count to move on.
  mutating func withRoom<Value>(
    _ body: (UnsafeMutableRawBufferPointer, inout Int) -> Value
  ) -> Value {
    var count = count
    let value = storage.withUnsafeMutableBytes { body($0, &count) }
    self.count = count
    return value
  }

  /// Gives `body` the bytes from `start` on.
  func withBytes<Value>(from start: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<count])) }
  }

  /// The bytes decoded, without the room behind them.
  consuming func finished() -> [UInt8] {
    storage.removeLast(storage.count - count)
    return storage
  }
}
