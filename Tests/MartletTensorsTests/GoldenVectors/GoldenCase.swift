import Foundation
import MartletFormats

@testable import MartletTensors

/// One case of the golden vectors; Goldens/README.md says what its parts mean.
struct GoldenCase: Sendable {
  let name: String
  let operation: String
  let attributes: [String: GoldenAttribute]
  let inputs: [Tensor]
  /// The results; none where the rule is `linalg`.
  let expected: [Tensor]
  let rule: GoldenRule

  subscript(input: Int) -> Tensor { inputs[input] }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Goldens").standardizedFileURL

  /// The cases of a family's two files.
  static func read(_ family: String) throws -> [GoldenCase] {
    let tensors = try SafeTensors(contentsOf: folder.appending(path: family + ".safetensors"))
    let manifest = try Data(contentsOf: folder.appending(path: family + ".json"))
    return try JSONDecoder().decode([ManifestRow].self, from: manifest).map { row in
      func tensor(_ name: String) throws -> Tensor {
        guard let entry = tensors[name] else { throw GoldenFileError(what: "there is no \(name)") }
        return try Tensor(entry)
      }
      let name = row.case
      let inputs = try (0..<row.inputs).map { try tensor("\(name)/\($0)") }
      let isNumbered = tensors["\(name)/y0"] != nil
      let expected = try (0..<row.outputs).map {
        try tensor("\(name)/y\(isNumbered ? "\($0)" : "")")
      }
      return GoldenCase(
        name: name, operation: row.operation, attributes: row.attributes, inputs: inputs,
        expected: expected,
        rule: GoldenRule(
          kind: row.rule, k: row.k ?? 0, absum: try row.absum.map(tensor), absolute: row.absolute,
          hasSignedZeros: row.signedZeros ?? false,
          isDouble: inputs.contains { $0.dtype == .float64 }))
    }
  }
}

extension GoldenCase {
  // An attribute is nil where the manifest says null.
  func flag(_ key: String) -> Bool? { attributes[key]?.flag }
  func number(_ key: String) -> Double? { attributes[key]?.number }
  func integer(_ key: String) -> Int? { number(key).map { Int($0) } }
  func text(_ key: String) -> String? { attributes[key]?.text }
  func list(_ key: String) -> [GoldenAttribute]? { attributes[key]?.list }
  func integers(_ key: String) -> [Int]? { attributes[key]?.integers }
  func pairs(_ key: String) -> [[Int]]? {
    list(key)?.compactMap(\.integers)
  }

  var axis: Int? { integer("axis") }
  var axes: [Int]? { integers("axes") }
  var keepingDimensions: Bool { flag("keepingDimensions")! }
}

/// A value of a manifest.
enum GoldenAttribute: Decodable, Sendable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([GoldenAttribute])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else {
      self = .list(try value.decode([GoldenAttribute].self))
    }
  }

  var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  var list: [GoldenAttribute]? { if case .list(let value) = self { value } else { nil } }
  var integers: [Int]? {
    guard let numbers = list?.compactMap(\.number), numbers.count == list?.count else { return nil }
    return numbers.map { Int($0) }
  }
}

extension GoldenAttribute: CustomStringConvertible {
  var description: String {
    switch self {
    case .null: "null"
    case .flag(let value): "\(value)"
    case .number(let value): value == value.rounded() ? "\(Int(value))" : "\(value)"
    case .text(let value): value
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    }
  }
}

private struct ManifestRow: Decodable {
  let `case`: String
  let operation: String
  let attributes: [String: GoldenAttribute]
  let inputs: Int
  let outputs: Int
  let rule: GoldenRule.Kind
  let k: Double?
  let absum: String?
  let absolute: Double?
  let signedZeros: Bool?
}

struct GoldenFileError: Error {
  let what: String
}

extension Tensor {
  fileprivate init(_ entry: SafeTensors.Entry) throws {
    switch entry.dtype {
    case .float32: self.init(try entry.scalars(as: Float.self), shape: entry.shape)
    case .float64: self.init(try entry.scalars(as: Double.self), shape: entry.shape)
    case .int32: self.init(try entry.scalars(as: Int32.self), shape: entry.shape)
    case .int64: self.init(try entry.scalars(as: Int64.self), shape: entry.shape)
    case .uint8: self.init(try entry.scalars(as: UInt8.self), shape: entry.shape)
    case .bool: self.init(try entry.scalars(as: Bool.self), shape: entry.shape)
    default: throw GoldenFileError(what: "\(entry.name) is of type \(entry.dtype)")
    }
  }
}
