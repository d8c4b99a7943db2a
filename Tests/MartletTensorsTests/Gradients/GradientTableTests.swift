import Testing

@testable import MartletTensors

/// Every differentiable public operation; each family has its own file beside this one.
let gradientTable: [GradientRow] =
  elementwiseGradients + coreGradients
  + windowGradients + movementGradients + indexingGradients
  + reductionGradients + productGradients + decompositionGradients + recurrentGradients

/// Public operations that have no gradient, and why.
let notDifferentiable: Set<String> = [
  // Piecewise constant or of no floating type.
  "sign", "floor", "ceil", "round", "floorDivide", "isNaN", "isInfinite", "isFinite",
  "any", "all", "argmax", "argmin",
  "argsort", "argwhere", "nonzero", "oneHot",
]

@Suite struct GradientTableTests {
  @Test(arguments: gradientTable)
  func `gradients agree with finite differences`(row: GradientRow) {
    #expect(row.settings.count >= 14, "\(row.name) is checked in too few settings")
    for setting in row.settings {
      let failures = GradientCheck(row, setting).failures()
      #expect(failures.isEmpty, "\(row.name) \(failures.joined(separator: "\n"))")
    }
  }

  @Test func `the table is the public list`() throws {
    let declared = try publicOperations()
    let listed = Set(gradientTable.map(\.name)).union(notDifferentiable)
      .subtracting(["+", "-", "*", "/", "%", "prefix -", "subscript"])
    #expect(declared.subtracting(listed).sorted() == [], "public, and in no table")
    #expect(listed.subtracting(declared).sorted() == [], "in a table, and not public")
  }
}
