import Foundation
import Testing

@testable import MartletTensors

/// Operations that move elements against NumPy.
@Suite struct MovementGoldenTests {
  @Test func `operations that move elements agree with NumPy`() throws {
    var count = 0
    for golden in try GoldenVector.family("movement") {
      guard let results = run(golden) else { continue }
      count += 1
      let failures = try golden.failures(results)
      #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
    #expect(count == 330)
  }

  /// What an operation of the manifest is called here; nil for those of other files.
  private func run(_ row: GoldenVector) -> [Tensor]? {
    let (x, axis) = (row.inputs, row.axis)
    func integer(_ key: String) -> Int? { row.attributes[key] as? Int }
    func integers(_ key: String) -> [Int]? { row.attributes[key] as? [Int] }
    let isDescending = row.attributes["descending"] as? Bool ?? false
    switch row.operation {
    case "reshape": return [x[0].reshaped(to: integers("shape")!)]
    case "transpose":
      return [integers("axes").map { x[0].transposed($0) } ?? x[0].transposed()]
    case "broadcast": return [x[0].broadcast(to: integers("shape")!)]
    case "squeeze": return [x[0].squeezed(along: integers("axes"))]
    case "expandDims": return [x[0].expandingDimensions(at: integers("axes")!)]
    case "concatenate": return [.concatenate(x, along: axis!)]
    case "stack": return [.stack(x, along: axis!)]
    case "split":
      if let count = integer("count") { return x[0].split(into: count, along: axis!) }
      return x[0].split(sizes: integers("sizes")!, along: axis!)
    case "pad":
      let padding = row.attributes["padding"] as? [[Int]] ?? []
      let widths = padding.map { (before: $0[0], after: $0[1]) }
      let mode: PaddingMode =
        switch row.attributes["mode"] as? String {
        case "reflect": .reflect
        case "edge": .edge
        default: .constant(row.attributes["value"] as? Double ?? 0)
        }
      return [x[0].padded(widths, mode: mode)]
    case "flip": return [x[0].flipped(along: integers("axes"))]
    case "roll":
      let shifts = integers("shifts")!
      guard let axes = integers("axes") else { return [x[0].rolled(by: shifts[0])] }
      return [x[0].rolled(by: shifts, along: axes)]
    case "tile": return [x[0].tiled(integers("repeats")!)]
    case "repeat":
      if let count = integer("count") { return [x[0].repeated(count, along: axis)] }
      return [x[0].repeated(integers("counts")!, along: axis)]
    case "gather": return [x[0].taking(x[1], along: axis!)]
    case "take": return [x[0].taking(x[1])]
    case "takeAlong": return [x[0].takingAlong(axis!, at: x[1])]
    case "scatterAdd": return [x[0].addingScattered(x[2], at: x[1], along: axis!)]
    case "oneHot": return [x[0].oneHot(depth: integer("depth")!, along: axis!)]
    case "sort": return [x[0].sorted(along: axis!, descending: isDescending)]
    case "argsort": return [x[0].argsort(along: axis!, descending: isDescending)]
    case "topK":
      let (values, indices) = x[0].topK(integer("k")!)
      return [values, indices]
    case "triu": return [x[0].upperTriangle(diagonal: integer("diagonal")!)]
    case "tril": return [x[0].lowerTriangle(diagonal: integer("diagonal")!)]
    case "diag":
      let offset = integer("offset")!
      return [
        x[0].rank == 1 ? x[0].diagonalMatrix(offset: offset) : x[0].diagonal(offset: offset)
      ]
    case "nonzero": return [x[0].argwhere()]
    default: return nil
    }
  }
}
