/// What a reader found wrong with a file, where, and what to do about it.
///
/// The fields are for programs, ``description`` is for people. Reading never traps on what stands
/// in a file: it throws one of these.
public struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a mistake.
  public enum Reason: Hashable, Sendable {
    /// The bytes end before the format says that they do.
    case truncated
    /// The first bytes are not those of the format.
    case notThisFormat
    /// A field holds what the format forbids.
    case invalid
    /// A number, or the product of numbers, does not fit in 64 bits.
    case overflow
    /// A name or a key stands there twice.
    case duplicate
    /// The sizes that the file declares do not agree with each other or with what is there.
    case mismatch
    /// Bytes follow where the format ends.
    case trailingBytes
    /// The stored checksum is not that of the data.
    case checksum
    /// The format allows it, this reader does not know it.
    case unsupported
    /// More than the ``LoadLimits`` allow.
    case limit(LoadLimits.Name)
    /// The operating system refused, with this `errno`.
    case system(Int32)
    /// What the path names is not a regular file.
    case notAFile
  }

  /// Where in its source a mistake was found.
  public enum Place: Hashable, Sendable {
    /// The offset of a byte, from 0.
    case byte(Int)
    /// The number of a line, from 1.
    case line(Int)
    /// The source as a whole.
    case whole
  }

  /// The reader that found it, `gzip` for example.
  public var reader: String
  /// The kind of mistake.
  public var reason: Reason
  /// The path of the file, or `bytes` for what was in memory.
  public var source: String
  /// Where in the source.
  public var place: Place
  /// The field of the format, as its documentation names it.
  public var field: String
  /// What happened, without values.
  public var what: String
  /// What the format, or the limit, asks for.
  public var expected: String
  /// What was there instead.
  public var got: String
  /// What the reader of the message can do.
  public var fix: String

  /// The message: what happened and where, what was expected, what came, what to do.
  public var description: String {
    """
    \(reader): \(what) (\(field), \(location)).
      expected \(expected)
      got \(got)
      fix: \(fix)
    """
  }

  private var location: String {
    switch place {
    case .byte(let offset): "byte \(offset) of \(source)"
    case .line(let line): "line \(line) of \(source)"
    case .whole: source
    }
  }
}

/// Who reads what: the part of an error that every field of one file shares.
struct Origin: Sendable {
  /// The reader's name in messages.
  var reader: String
  /// The path of the file, or `bytes`.
  var source: String

  /// The advice where the file itself is at fault.
  static let damaged = "the file is damaged or was cut short; fetch or write it again."

  /// The error of this origin.
  func error(
    _ reason: FormatError.Reason, _ what: String, at place: FormatError.Place, field: String,
    expected: String, got: String, fix: String = Origin.damaged
  ) -> FormatError {
    FormatError(
      reader: reader, reason: reason, source: source, place: place, field: field, what: what,
      expected: expected, got: got, fix: fix)
  }

  /// The error of a refused size.
  func overLimit(
    _ name: LoadLimits.Name, _ what: String, most: Int, got: String,
    at place: FormatError.Place, field: String
  ) -> FormatError {
    error(
      .limit(name), what, at: place, field: field, expected: "at most \(most)", got: got,
      fix: "raise LoadLimits.\(name.rawValue) if you trust this file.")
  }

  /// The product of sizes from a file.
  ///
  /// - Throws: `overflow` if it, or a partial product, does not fit in an `Int`; `invalid` never:
  ///   a zero makes the product zero whatever stands beside it.
  func product(
    of sizes: [Int], times size: Int, at place: FormatError.Place, field: String
  ) throws(FormatError) -> Int {
    if sizes.contains(0) { return 0 }
    var total = size
    for axis in sizes {
      let (product, overflow) = total.multipliedReportingOverflow(by: axis)
      guard !overflow else {
        throw error(
          .overflow, "the number of bytes does not fit in 64 bits", at: place, field: field,
          expected: "axes whose product times \(size) bytes is below 2^63", got: "\(sizes)")
      }
      total = product
    }
    return total
  }
}
