import Foundation
import Testing

@testable import MartletFormats

@Suite struct IDXTests {
  /// The numbers of the goldens: `5 · i`, less 60 in the types with a sign.
  private func expectNumbers<Number: BitwiseCopyable & Equatable>(
    _ type: IDX.ElementType, _ number: (Int) -> Number
  ) throws {
    let code = "0" + String(type.rawValue, radix: 16)
    let array = try IDX(contentsOf: Files.goldens.appendingPathComponent("idx-\(code).idx"))
    #expect(array.shape == [2, 3, 4])
    #expect(array.elementType == type)
    #expect(array.bytes.count == 24 * type.byteCount)
    let numbers = array.bytes.withUnsafeBytes { bytes in
      (0..<24).map {
        bytes.loadUnaligned(fromByteOffset: $0 * type.byteCount, as: Number.self)
      }
    }
    #expect(numbers == (0..<24).map(number))
  }

  @Test func `every type of element comes in the machine's byte order`() throws {
    try expectNumbers(.uint8) { UInt8($0 * 5) }
    try expectNumbers(.int8) { Int8($0 * 5 - 60) }
    try expectNumbers(.int16) { Int16($0 * 5 - 60) }
    try expectNumbers(.int32) { Int32($0 * 5 - 60) }
    try expectNumbers(.float32) { Float($0 * 5 - 60) }
    try expectNumbers(.float64) { Double($0 * 5 - 60) }
  }

  @Test func `a compressed file is the same array`() throws {
    #expect(try IDX(Files.golden("idx-0b.idx.gz")) == IDX(Files.golden("idx-0b.idx")))
  }

  @Test func `an array may be empty`() throws {
    let bytes = [0, 0, 0x0e, 2] + bigEndian(UInt32(0), UInt32.max)
    let array = try IDX(bytes)
    #expect(array.shape == [0, 4_294_967_295])
    #expect(array.bytes.isEmpty)
  }

  private static func header(_ type: UInt8, _ axes: UInt32...) -> [UInt8] {
    [0, 0, type, UInt8(axes.count)] + axes.flatMap { bigEndian($0) }
  }

  /// A gzip file of stored blocks.
  private static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    let size = UInt16(bytes.count)
    return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1] + littleEndian(size, ~size) + bytes
      + littleEndian(CRC32.checksum(of: bytes)) + littleEndian(UInt32(size))
  }

  private static let full: UInt32 = 0xffff_ffff
  private static let badArrays: [BadInput] = [
    BadInput("no bytes", [], .truncated, field: "magic number", at: .byte(0)),
    BadInput("one byte", [0], .truncated, field: "magic number"),
    BadInput("first byte not zero", [1, 0, 8, 1, 0, 0, 0, 0], .notThisFormat, field: "magic"),
    BadInput("second byte not zero", [0, 1, 8, 1, 0, 0, 0, 0], .notThisFormat, field: "magic"),
    BadInput("text", Array("hello".utf8), .notThisFormat, field: "magic", at: .byte(0)),
    BadInput("no type", [0, 0], .truncated, field: "element type", at: .byte(2)),
    BadInput("type 0", [0, 0, 0, 1, 0, 0, 0, 0], .invalid, field: "element type", at: .byte(2)),
    BadInput("type 0x0a", header(0x0a, 0), .invalid, field: "element type"),
    BadInput("type 0x0f", header(0x0f, 0), .invalid, field: "element type"),
    BadInput("no rank", [0, 0, 8], .truncated, field: "rank", at: .byte(3)),
    BadInput("rank 0", [0, 0, 8, 0, 1], .invalid, field: "rank", at: .byte(3)),
    BadInput("rank 33", [0, 0, 8, 33], .limit(.rank), field: "rank", at: .byte(3)),
    BadInput(
      "rank above a lower limit", header(8, 1, 1) + [7], .limit(.rank), field: "rank",
      limits: .with { $0.rank = 1 }),
    BadInput("axis cut", [0, 0, 8, 1, 0, 0, 0], .truncated, field: "axis 0", at: .byte(4)),
    BadInput(
      "second axis cut", [0, 0, 8, 2, 0, 0, 0, 1, 0, 0], .truncated, field: "axis 1",
      at: .byte(8)),
    BadInput("axes past 2^63", header(8, full, full), .overflow, field: "axes"),
    BadInput("bytes past 2^63", header(0x0e, full, 1 << 31), .overflow, field: "axes"),
    BadInput("axes that wrap to 0", header(0x0e, 1 << 31, 1 << 30), .overflow, field: "axes"),
    BadInput(
      "axes that wrap to 16", header(8, full, full, full, full) + [UInt8](repeating: 0, count: 16),
      .overflow, field: "axes"),
    BadInput("4 GiB of nothing", header(0x0c, full), .limit(.dataBytes), field: "axes"),
    BadInput(
      "above a lower limit", header(8, 4) + [1, 2, 3, 4], .limit(.dataBytes), field: "axes",
      limits: .with { $0.dataBytes = 3 }),
    BadInput("an element missing", header(8, 4) + [1, 2, 3], .mismatch, field: "elements"),
    BadInput(
      "an element more", header(8, 4) + [1, 2, 3, 4, 5], .mismatch, field: "elements",
      at: .byte(8)),
    BadInput("half an element", header(9, 2, 3) + [1, 2, 3], .mismatch, field: "elements"),
    BadInput("bytes after nothing", header(8, 0) + [1], .mismatch, field: "elements"),
    BadInput("no elements", header(8, 1), .mismatch, field: "elements"),
  ]

  @Test(arguments: badArrays)
  func `bad arrays are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try IDX(bytes, limits: limits)
    }
  }

  @Test(arguments: badArrays)
  func `bad arrays are refused when they are compressed too`(_ input: BadInput) {
    let compressed = BadInput(
      input.testDescription, Self.gzipped(input.bytes), input.reason, field: input.field,
      limits: input.limits)
    compressed.expectRefusal { bytes, limits throws(FormatError) in
      _ = try IDX(bytes, limits: limits)
    }
  }

  @Test func `a compressed file that is cut is refused at every length`() throws {
    let stored = try Files.golden("idx-0b.idx.gz")
    for count in 0..<stored.count {
      #expect(throws: FormatError.self, "\(count) bytes") { try IDX(stored[..<count]) }
    }
  }

  @Test func `a bomb behind a small header is not inflated`() throws {
    // 100,000 zeros say: no such type. What the header says is all that is decoded.
    let bomb = try Files.golden("zeros-9-default.gz")
    let error = #expect(throws: FormatError.self) { try IDX(bomb) }
    #expect(error?.field == "element type")
  }

  @Test func `the message names the file, the place and what to do`() throws {
    let error = #expect(throws: FormatError.self) {
      try IDX([0, 0, 8, 1, 0, 0, 0, 2, 5], source: "digits.idx")
    }
    #expect(
      error?.description == """
        IDX: the elements are not as many as declared (elements, byte 8 of digits.idx).
          expected 2 bytes for [2]
          got 1
          fix: the file is damaged or was cut short; fetch or write it again.
        """)
  }
}

@Suite(
  .enabled(
    if: Files.mnist != nil, "the real MNIST files are not in ../shared/data/mnist on this machine"))
struct RealMNISTTests {
  private func read(_ name: String) throws -> IDX {
    try IDX(contentsOf: #require(Files.mnist).appendingPathComponent(name))
  }

  @Test func `the training images are those of LeCun, Cortes and Burges`() throws {
    let images = try read("train-images-idx3-ubyte.gz")
    #expect(images.shape == [60000, 28, 28])
    #expect(images.elementType == .uint8)
    #expect(images.bytes.count == 47_040_000)
    // The mean is 0.1307 and the standard deviation 0.3081 of 1, to the digits always quoted.
    var sum = 0
    var squares = 0
    for pixel in images.bytes {
      sum += Int(pixel)
      squares += Int(pixel) * Int(pixel)
    }
    let mean = Double(sum) / 47_040_000 / 255
    let deviation = (Double(squares) / 47_040_000 / 65025 - mean * mean).squareRoot()
    #expect(abs(mean - 0.1307) < 5e-5)
    #expect(abs(deviation - 0.3081) < 5e-5)
  }

  @Test func `labels and test images`() throws {
    let labels = try read("train-labels-idx1-ubyte.gz")
    #expect(labels.shape == [60000])
    #expect(Array(labels.bytes[..<10]) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(labels.bytes.allSatisfy { $0 < 10 })
    #expect(try read("t10k-images-idx3-ubyte.gz").shape == [10000, 28, 28])
    #expect(try read("t10k-labels-idx1-ubyte.gz").shape == [10000])
  }
}
