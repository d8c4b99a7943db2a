import Foundation

/// The numbers of words, as a JSON object holds them: `{"the": 1, "of": 4, …}`.
public enum WordIndex {
  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` for anything but one object of counts, each word once.
  public static func numbers(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) -> [String: Int] {
    try numbers(
      FileReading.bytes(of: url, limits: limits, reader: "word index", in: files),
      source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but one object of counts, each word once.
  public static func numbers(
    _ stored: some Collection<UInt8>, source: String = "bytes"
  ) throws(FormatError) -> [String: Int] {
    let origin = Origin(reader: "word index", source: source)
    return try withBytes(of: stored) { bytes throws(FormatError) in
      var cursor = JSONCursor(bytes, base: 0, depth: 1, origin: origin)
      var numbers: [String: Int] = [:]
      try cursor.object(field: "words") { (cursor, word) throws(FormatError) in
        let place = cursor.place
        let number = try cursor.count(field: word)
        guard numbers.updateValue(number, forKey: word) == nil else {
          throw origin.error(
            .duplicate, "a word stands there twice", at: place, field: word,
            expected: "each word once", got: word)
        }
      }
      try cursor.end(field: "words")
      return numbers
    }
  }
}
