import Foundation
import Testing

@testable import MartletFormats

@Suite struct DeflaterTests {
  private static let names = [
    "empty", "one", "zeros", "noise", "fibonacci", "periods", "far", "letters",
  ]

  @Test(arguments: names)
  func `what is compressed comes out again, from the plain decoder too`(_ name: String) throws {
    let content = Contents.of(name)
    let stream = Deflate.compress(content)
    #expect(try Deflate.decompress(stream) == content)
    #expect(PlainInflate.decode(stream, most: content.count)?.output == content)
    #expect(try Zlib.decompress(Zlib.compress(content)) == content)
  }

  /// The golden files are zlib's at level 9.
  @Test(arguments: names.filter { $0 != "letters" })
  func `streams are not much longer than zlib's`(_ name: String) throws {
    let zlib = try Files.golden("\(name)-9-default.deflate").count
    #expect(Deflate.compress(Contents.of(name)).count <= zlib * 11 / 10 + 8)
  }

  @Test func `every length up to 700 survives`() throws {
    for count in 0..<700 {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 % 11) }
      #expect(try Deflate.decompress(Deflate.compress(content)) == content)
    }
  }

  @Test func `blocks of every form follow each other`() throws {
    // Noise is stored, runs take a code of their own, 100,000 literals take several blocks.
    let content =
      Contents.noise(100_000, seed: 5) + [UInt8](repeating: 3, count: 70_000)
      + Contents.letters + Contents.letters + Contents.noise(70_000, seed: 6)
    let stream = Deflate.compress(content)
    #expect(PlainInflate.decode(stream, most: content.count)?.output == content)
    #expect(stream.count < 195_000)
  }

  @Test func `no code word is longer than asked for`() {
    var (a, b) = (1, 1)
    var frequencies: [Int] = []
    for _ in 0..<30 {
      frequencies.append(a)
      (a, b) = (b, a + b)
    }
    for longest in [5, 7, 15] {
      let code = PrefixCode(frequencies: frequencies, longest: longest)
      #expect(code.lengths.max() == UInt8(longest))
      // Kraft's sum of a complete code is 1.
      let sum = code.lengths.reduce(0) { (sum: Int, length: UInt8) in sum + 1 << (20 - Int(length))
      }
      #expect(sum == 1 << 20)
    }
  }
}
