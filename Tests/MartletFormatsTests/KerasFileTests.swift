import Foundation
import Testing

@testable import MartletFormats

/// Files that Keras wrote, against what h5py and zipfile find in them.
@Suite struct KerasFileTests {
  /// The parts of `keras.txt`: the archive, its weights, the legacy file.
  private static func parts() throws -> [[String]] {
    let text = String(decoding: try Files.golden("keras.txt"), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .split(separator: "", omittingEmptySubsequences: false).map { $0.map(String.init) }
  }

  private static func hexadecimal(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func line(_ value: HDF5Value) -> String {
    let names: [NumberType: String] = [
      .float32: "float32", .float64: "float64", .int32: "int32", .int64: "int64", .bool: "bool",
    ]
    let kind: String
    let bytes: [UInt8]
    switch value {
    case .numbers(let array):
      kind = names[array.dtype] ?? array.dtype.rawValue
      bytes = Array(array.bytes)
    case .strings(let texts, _):
      kind = "text"
      bytes = Array(texts.joined(separator: "\0").utf8)
    }
    let shape = value.shape.map(String.init).joined(separator: "x")
    return "\(kind) [\(shape)] \(hexadecimal(CRC32.checksum(of: bytes)))"
  }

  private static func listing(_ group: HDF5Group, path: String = "") throws -> [String] {
    var lines = ["\(path)/"]
    for (name, value) in group.attributes { lines.append("\(path) @\(name) \(line(value))") }
    let prefix = path.isEmpty ? "" : path + "/"
    for (name, child) in group.groups { lines += try listing(child, path: prefix + name) }
    for (name, dataset) in group.datasets {
      lines.append("\(prefix)\(name) \(line(try dataset.value()))")
      for (key, value) in dataset.attributes {
        lines.append("\(prefix)\(name) @\(key) \(line(value))")
      }
    }
    return lines
  }

  @Test func `a keras archive with a recurrent model and its optimizer`() throws {
    let zip = try Zip(Gzip.decompress(Files.golden("keras.keras.gz")))
    let parts = try Self.parts()
    #expect(
      parts[0] == zip.members.map { "\($0.name) \($0.byteCount) \(Self.hexadecimal($0.checksum))" })
    let weights = try HDF5Group(zip.bytes(of: "model.weights.h5"))
    #expect(try Self.listing(weights).sorted() == parts[1].sorted())
    #expect(weights.group(at: "layers/lstm/cell/vars")?.datasets.count == 3)
  }

  @Test func `a model in the older format, with a layer's name outside ASCII`() throws {
    let file = try HDF5Group(Gzip.decompress(Files.golden("keras-legacy.h5.gz")))
    #expect(try Self.listing(file).sorted() == Self.parts()[2].sorted())
    #expect(file.attributes["model_config"]?.string?.contains("\"Functional\"") == true)
  }
}
