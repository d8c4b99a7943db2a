/// The bytes of a file that is to be written: a list of pieces, each there already or made when it
/// is needed.
///
/// So a model is written without a second copy of its weights in memory.
public struct FileContent: Sendable {
  private struct Piece: Sendable {
    var byteCount: Int
    var make: @Sendable () -> ArraySlice<UInt8>
  }

  private var pieces: [Piece] = []
  /// How many bytes there are.
  public private(set) var byteCount = 0

  /// Makes the content of an empty file.
  public init() {}

  /// Makes the content of these bytes.
  public init(_ bytes: some Sequence<UInt8>) { append(bytes) }

  /// Makes a content of `byteCount` bytes that `make` returns whenever they are needed.
  ///
  /// `make` may be called more than once (a checksum may stand before the bytes), and must return
  /// the same bytes each time, of exactly that count.
  public init(byteCount: Int, make: @escaping @Sendable () -> ArraySlice<UInt8>) {
    pieces = [Piece(byteCount: byteCount, make: make)]
    self.byteCount = byteCount
  }

  /// Adds bytes at the end.
  public mutating func append(_ bytes: some Sequence<UInt8>) {
    let slice = bytes as? ArraySlice<UInt8> ?? Array(bytes)[...]
    if !slice.isEmpty { append(FileContent(byteCount: slice.count) { slice }) }
  }

  /// Adds another content at the end.
  public mutating func append(_ other: FileContent) {
    pieces += other.pieces
    byteCount += other.byteCount
  }

  /// Gives `body` the pieces, one after the other.
  public func forEachPiece<Failure: Error>(
    _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    for piece in pieces {
      let bytes = piece.make()
      guard bytes.count == piece.byteCount else {
        // Sizes and checksums that are written already would be wrong.
        fatalError(
          """
          FileContent: a piece was made with another size than declared.
            expected \(piece.byteCount) bytes
            got \(bytes.count)
            fix: declare the count of the bytes that the closure returns.
          """)
      }
      try body(bytes)
    }
  }

  /// All the bytes, in memory.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    forEachPiece { bytes += $0 }
    return bytes
  }
}
