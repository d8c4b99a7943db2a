import Foundation
import MartletFormats
import Testing

@testable import MartletTensors

/// A row of the goldens' manifest; see Goldens/README.md.
private struct MovementCase: Sendable {
  let name: String
  let operation: String
  nonisolated(unsafe) let attributes: [String: Any]
  let inputs: Int
  let outputs: Int

  func integer(_ key: String) -> Int? { (attributes[key] as? NSNumber)?.intValue }
  func integers(_ key: String) -> [Int]? {
    (attributes[key] as? [NSNumber])?.map(\.intValue)
  }
  func flag(_ key: String) -> Bool { (attributes[key] as? NSNumber)?.boolValue ?? false }
}

private enum MovementGoldens {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Goldens").standardizedFileURL

  static func load() throws -> (cases: [MovementCase], arrays: SafeTensors) {
    let manifest = try Data(contentsOf: folder.appending(path: "movement.json"))
    let rows = try #require(
      try JSONSerialization.jsonObject(with: manifest) as? [[String: Any]])
    let cases = try rows.map { row in
      MovementCase(
        name: try #require(row["case"] as? String),
        operation: try #require(row["operation"] as? String),
        attributes: row["attributes"] as? [String: Any] ?? [:],
        inputs: try #require(row["inputs"] as? NSNumber).intValue,
        outputs: try #require(row["outputs"] as? NSNumber).intValue)
    }
    return (cases, try SafeTensors(contentsOf: folder.appending(path: "movement.safetensors")))
  }

  static func tensor(_ name: String, in arrays: SafeTensors) throws -> Tensor {
    let entry = try #require(arrays[name])
    return try #require(tensor(entry))
  }

  private static func tensor(_ entry: SafeTensors.Entry) -> Tensor? {
    switch entry.dtype {
    case .float32: (try? entry.scalars(as: Float.self)).map { Tensor($0, shape: entry.shape) }
    case .float64: (try? entry.scalars(as: Double.self)).map { Tensor($0, shape: entry.shape) }
    case .int32: (try? entry.scalars(as: Int32.self)).map { Tensor($0, shape: entry.shape) }
    case .int64: (try? entry.scalars(as: Int64.self)).map { Tensor($0, shape: entry.shape) }
    case .uint8: (try? entry.scalars(as: UInt8.self)).map { Tensor($0, shape: entry.shape) }
    case .bool: (try? entry.scalars(as: Bool.self)).map { Tensor($0, shape: entry.shape) }
    default: nil
    }
  }

  /// What each operation of the manifest is called here; nil for those of other files.
  static func run(_ row: MovementCase, _ x: [Tensor]) -> [Tensor]? {
    let axis = row.integer("axis")
    switch row.operation {
    case "squeeze": return [x[0].squeezed(along: row.integers("axes"))]
    case "expandDims": return [x[0].expandingDimensions(at: row.integers("axes")!)]
    case "concatenate": return [.concatenate(x, along: axis!)]
    case "stack": return [.stack(x, along: axis!)]
    case "split":
      if let count = row.integer("count") { return x[0].split(into: count, along: axis!) }
      return x[0].split(sizes: row.integers("sizes")!, along: axis!)
    case "pad":
      let widths = (row.attributes["padding"] as? [[NSNumber]] ?? []).map {
        (before: $0[0].intValue, after: $0[1].intValue)
      }
      let mode: PaddingMode =
        switch row.attributes["mode"] as? String {
        case "reflect": .reflect
        case "edge": .edge
        default: .constant((row.attributes["value"] as? NSNumber)!.doubleValue)
        }
      return [x[0].padded(widths, mode: mode)]
    case "flip": return [x[0].flipped(along: row.integers("axes"))]
    case "roll":
      let shifts = row.integers("shifts")!
      guard let axes = row.integers("axes") else { return [x[0].rolled(by: shifts[0])] }
      return [x[0].rolled(by: shifts, along: axes)]
    case "tile": return [x[0].tiled(row.integers("repeats")!)]
    case "repeat":
      if let count = row.integer("count") { return [x[0].repeated(count, along: axis)] }
      return [x[0].repeated(row.integers("counts")!, along: axis)]
    case "gather": return [x[0].taking(x[1], along: axis!)]
    case "take": return [x[0].taking(x[1])]
    case "takeAlong": return [x[0].takingAlong(axis!, at: x[1])]
    case "scatterAdd": return [x[0].addingScattered(x[2], at: x[1], along: axis!)]
    case "oneHot": return [x[0].oneHot(depth: row.integer("depth")!, along: axis!)]
    case "sort": return [x[0].sorted(along: axis!, descending: row.flag("descending"))]
    case "argsort": return [x[0].argsort(along: axis!, descending: row.flag("descending"))]
    case "topK":
      let (values, indices) = x[0].topK(row.integer("k")!)
      return [values, indices]
    case "triu": return [x[0].upperTriangle(diagonal: row.integer("diagonal")!)]
    case "tril": return [x[0].lowerTriangle(diagonal: row.integer("diagonal")!)]
    case "diag":
      let offset = row.integer("offset")!
      return [
        x[0].rank == 1 ? x[0].diagonalMatrix(offset: offset) : x[0].diagonal(offset: offset)
      ]
    case "nonzero": return [x[0].argwhere()]
    default: return nil
    }
  }
}

@Suite struct MovementGoldenTests {
  @Test func `operations that move elements agree with NumPy`() throws {
    let (cases, arrays) = try MovementGoldens.load()
    var checked = 0
    for row in cases {
      let inputs = try (0..<row.inputs).map {
        try MovementGoldens.tensor("\(row.name)/\($0)", in: arrays)
      }
      guard let found = MovementGoldens.run(row, inputs) else { continue }
      checked += 1
      let names = arrays["\(row.name)/y"] != nil ? ["y"] : (0..<row.outputs).map { "y\($0)" }
      #expect(found.count == names.count, "\(row.name)")
      for (tensor, name) in zip(found, names) {
        let expected = try MovementGoldens.tensor("\(row.name)/\(name)", in: arrays)
        #expect(tensor.shape == expected.shape, "\(row.name)")
        let (a, b) = (tensor.scalars(of: Double.self), expected.scalars(of: Double.self))
        let tolerance = row.operation == "scatterAdd" ? 1e-5 : 0
        let agrees = zip(a, b).allSatisfy {
          $0 == $1 || $0.isNaN && $1.isNaN || abs($0 - $1) <= tolerance * (1 + abs($1))
        }
        #expect(agrees, "\(row.name) \(row.attributes): \(a.prefix(12)), expected \(b.prefix(12))")
      }
    }
    #expect(checked > 250)
  }
}
