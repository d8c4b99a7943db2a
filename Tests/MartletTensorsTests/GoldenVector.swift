import Foundation
import MartletFormats
import Testing

@testable import MartletTensors

/// A case of the golden vectors; see Goldens/README.md for what its parts mean.
struct GoldenVector {
  let name: String
  let operation: String
  let attributes: [String: Any]
  let inputs: [Tensor]
  let isDouble: Bool
  fileprivate let row: [String: Any]
  fileprivate let tensors: SafeTensors

  /// The cases of a family.
  static func family(_ family: String) throws -> [GoldenVector] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
    let tensors = try SafeTensors(contentsOf: folder.appending(path: family + ".safetensors"))
    let manifest = try Data(contentsOf: folder.appending(path: family + ".json"))
    let rows = try #require(JSONSerialization.jsonObject(with: manifest) as? [[String: Any]])
    return try rows.map { row in
      let name = try #require(row["case"] as? String)
      let count = try #require(row["inputs"] as? Int)
      let inputs = try (0..<count).map { try tensor(try #require(tensors["\(name)/\($0)"])) }
      return GoldenVector(
        name: name, operation: try #require(row["operation"] as? String),
        attributes: try #require(row["attributes"] as? [String: Any]), inputs: inputs,
        isDouble: inputs.contains { $0.dtype == .float64 }, row: row, tensors: tensors)
    }
  }

  private static func tensor(_ entry: SafeTensors.Entry) throws -> Tensor {
    switch entry.dtype {
    case .float32: Tensor(try entry.scalars(as: Float.self), shape: entry.shape)
    case .float64: Tensor(try entry.scalars(as: Double.self), shape: entry.shape)
    case .int32: Tensor(try entry.scalars(as: Int32.self), shape: entry.shape)
    case .int64: Tensor(try entry.scalars(as: Int64.self), shape: entry.shape)
    case .uint8: Tensor(try entry.scalars(as: UInt8.self), shape: entry.shape)
    case .bool: Tensor(try entry.scalars(as: Bool.self), shape: entry.shape)
    default: throw FormatError.missing(entry.name)
    }
  }

  struct FormatError: Error {
    let what: String
    static func missing(_ what: String) -> FormatError { FormatError(what: what) }
  }

  var axes: [Int]? { attributes["axes"] as? [Int] }
  var axis: Int? { attributes["axis"] as? Int }
  var keepingDimensions: Bool { attributes["keepingDimensions"] as? Bool ?? false }

  /// The unit of rounding: 2⁻²⁴, or 2⁻⁵² where an input is of float64.
  var unit: Double { isDouble ? 0x1p-52 : 0x1p-24 }

  /// What is wrong with results, if anything.
  func failures(_ results: [Tensor]) throws -> [String] {
    let isOne = tensors["\(name)/y"] != nil
    let names = isOne ? ["\(name)/y"] : results.indices.map { "\(name)/y\($0)" }
    return try zip(results, names).flatMap { try failures($0, $1) }
  }

  private func failures(_ result: Tensor, _ entryName: String) throws -> [String] {
    let entry = try #require(tensors[entryName])
    if result.shape != entry.shape {
      return ["\(name): shape \(result.shape), expected \(entry.shape)"]
    }
    let expected = try GoldenVector.tensor(entry).scalars(of: Double.self)
    let bounds = try tensors["\(name)/absum"].map {
      try GoldenVector.tensor($0).scalars(of: Double.self)
    }
    for (index, (y, r)) in zip(result.scalars(of: Double.self), expected).enumerated() {
      let isRight: Bool
      if r.isNaN || r.isInfinite {
        isRight = r.isNaN ? y.isNaN : y == r
      } else {
        switch row["rule"] as? String {
        case "exact": isRight = y == r
        case "elementwise":
          let absolute = isDouble ? 1e-14 : row["absolute"] as? Double ?? 1e-6
          isRight = abs(y - r) <= absolute + (isDouble ? 1e-14 : 1.3e-6) * abs(r)
        case "sum":
          let k = try #require(row["k"] as? Int)
          let absum = try #require(bounds)[index]
          isRight = abs(y - r) <= Double(k) * (unit * absum + 0x1p-149)
        default: isRight = false
        }
      }
      let hasSign = row["signedZeros"] as? Bool != true || r != 0 || y.sign == r.sign
      if !isRight || !hasSign {
        return ["\(name) \(operation) \(attributes): element \(index) is \(y), expected \(r)"]
      }
    }
    return []
  }
}
