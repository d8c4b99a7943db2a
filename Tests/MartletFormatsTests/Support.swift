import Foundation
import Testing

@testable import MartletFormats

/// A closure's result and the seconds of a processor that it takes on this thread, whatever else the
/// machine does.
func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, seconds: Double) {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  let result = try body()
  return (result, now() - start)
}

/// Where the files of the tests lie.
enum Files {
  static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Goldens")

  /// The real MNIST files: `shared/data/mnist` beside the package, or beside a folder around it.
  static let mnist: URL? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("shared/data/mnist")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
  }()

  static func golden(_ name: String) throws(FormatError) -> [UInt8] {
    try FileReading.bytes(of: goldens.appendingPathComponent(name))
  }

  static func goldens(endingIn suffix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: goldens.path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted()
  }
}

/// The contents of the goldens: the formulas of `make_goldens.py` once more.
enum Contents {
  static func noise(_ count: Int, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
  }

  static let fibonacci: [UInt8] = {
    var bytes: [UInt8] = []
    var (a, b) = (1, 1)
    for byte in 0..<19 {
      bytes += repeatElement(UInt8(byte), count: a)
      (a, b) = (b, a + b)
    }
    // Swift's sort keeps the order of equal elements, as Python's does.
    return zip(noise(bytes.count, seed: 3), bytes).sorted { $0.0 < $1.0 }.map(\.1)
  }()

  static let periods: [UInt8] = (1...40).flatMap { period in
    Array(repeatElement(noise(period, seed: UInt32(period)), count: 600 / period).joined())
  }

  static let far: [UInt8] = {
    let start = noise(300, seed: 7)
    let gap = [UInt8](repeating: 0, count: 32768 - 300)
    return start + gap + start + gap + start
  }()

  static let letters = noise(20000, seed: 11).map { 97 + $0 % 7 * ($0 % 5) }

  /// The content of a golden file, after the part of its name before the first hyphen.
  static func of(_ file: String) -> [UInt8] {
    switch file.prefix(while: { $0 != "-" }) {
    case "empty": []
    case "one": [97]
    case "zeros": [UInt8](repeating: 0, count: 100_000)
    case "noise": noise(5000, seed: 1)
    case "fibonacci": fibonacci
    case "periods": periods
    case "far": far
    case "letters": letters
    default: []
    }
  }
}

/// Bits in the order of DEFLATE, for streams that no compressor writes.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var used = 8

  /// Appends a number, its lowest bit first.
  mutating func put(_ value: Int, _ count: Int) {
    for bit in 0..<count {
      if used == 8 {
        bytes.append(0)
        used = 0
      }
      bytes[bytes.count - 1] |= UInt8(value >> bit & 1) << UInt8(used)
      used += 1
    }
  }

  /// Appends a code word, its highest bit first.
  mutating func putWord(_ word: Int, _ count: Int) {
    for bit in (0..<count).reversed() { put(word >> bit & 1, 1) }
  }

  /// The bytes of a stream that `build` writes.
  static func bytes(_ build: (inout BitWriter) -> Void) -> [UInt8] {
    var writer = BitWriter()
    build(&writer)
    return writer.bytes
  }
}

/// Bytes that a reader must refuse, and how.
struct BadInput: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let reason: FormatError.Reason
  /// A part of the field's name.
  let field: String
  let place: FormatError.Place?
  let limits: LoadLimits

  init(
    _ name: String, _ bytes: [UInt8], _ reason: FormatError.Reason, field: String,
    at place: FormatError.Place? = nil, limits: LoadLimits = LoadLimits()
  ) {
    testDescription = name
    self.bytes = bytes
    self.reason = reason
    self.field = field
    self.place = place
    self.limits = limits
  }

  /// Expects that `read` throws what the input promises, in the form that all messages have.
  func expectRefusal(
    by read: ([UInt8], LoadLimits) throws(FormatError) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do throws(FormatError) {
      try read(bytes, limits)
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
      #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
      #expect(error.field.contains(field), "\(error)", sourceLocation: sourceLocation)
      if let place { #expect(error.place == place, "\(error)", sourceLocation: sourceLocation) }
      let lines = error.description.split(separator: "\n")
      #expect(lines.count >= 4, sourceLocation: sourceLocation)
      for (line, start) in zip(lines, ["\(error.reader): ", "  expected ", "  got ", "  fix: "]) {
        #expect(line.hasPrefix(start), sourceLocation: sourceLocation)
      }
    }
  }
}

extension LoadLimits {
  /// The defaults with one of them changed.
  static func with(_ change: (inout LoadLimits) -> Void) -> LoadLimits {
    var limits = LoadLimits()
    change(&limits)
    return limits
  }
}

/// The bytes of numbers, most significant byte first.
func bigEndian<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { withUnsafeBytes(of: $0.bigEndian) { Array($0) } }
}

/// The bytes of numbers, least significant byte first.
func littleEndian<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
  numbers.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
}
