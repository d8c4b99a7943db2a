import Foundation
import Testing

@testable import MartletFormats

@Suite struct FileContentTests {
  @Test func `pieces stand behind each other, made when they are needed`() {
    var content = FileContent([1, 2])
    content.append([])
    content.append(FileContent(byteCount: 2) { [9, 3, 4, 9][1..<3] })
    var other = FileContent()
    other.append(5...6)
    content.append(other)
    #expect(content.byteCount == 6)
    #expect(content.bytes == [1, 2, 3, 4, 5, 6])
    var pieces: [[UInt8]] = []
    content.forEachPiece { pieces.append(Array($0)) }
    #expect(pieces == [[1, 2], [3, 4], [5, 6]])
    #expect(FileContent().bytes.isEmpty)
  }

  @Test func `bytes that are there are not copied`() {
    let bytes = Contents.noise(100, seed: 1)
    let place = bytes.withUnsafeBytes { $0.baseAddress.map { Int(bitPattern: $0) } }
    FileContent(bytes).forEachPiece { piece in
      #expect(piece.withUnsafeBytes { $0.baseAddress.map { Int(bitPattern: $0) } } == place)
    }
    FileContent(bytes[10...]).forEachPiece { piece in
      let start = piece.withUnsafeBytes { $0.baseAddress.map { Int(bitPattern: $0) - 10 } }
      #expect(start == place)
    }
  }

  @Test func `a piece of another size than declared ends the process`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = FileContent(byteCount: 3) { [1, 2] }.bytes
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("expected 3 bytes"))
  }

  @Test func `a dataset without a name ends the process`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var root = HDF5Group()
      root.insert(HDF5Dataset(.string("x")), at: "/")
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("a dataset needs a name"))
  }
}
