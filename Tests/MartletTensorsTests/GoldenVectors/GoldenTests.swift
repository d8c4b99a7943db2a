import Foundation
import Testing

@testable import MartletTensors

@Suite struct GoldenTests {
  @Test(arguments: GoldenFamily.all)
  func `every case of a family is right`(family: GoldenFamily) throws {
    let cases = try GoldenCase.read(family.name)
    #expect(cases.count > 0)
    for golden in cases {
      let what = "\(golden.name) \(golden.operation) \(golden.attributes)"
      guard let failures = family.failures(golden) else {
        Issue.record("\(what): nothing here is called that")
        continue
      }
      for failure in failures { Issue.record("\(what): \(failure)") }
    }
    let unused = Set(family.calls.keys).subtracting(cases.map(\.operation))
    #expect(unused.sorted() == [], "no case calls these")
  }

  @Test func `the families are all the files, and the numbers are those of the README`() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: GoldenCase.folder, includingPropertiesForKeys: nil)
    let families = files.filter { $0.pathExtension == "safetensors" }
      .map { $0.deletingPathExtension().lastPathComponent }
    #expect(families.sorted() == GoldenFamily.all.map(\.name).sorted())
    let cases = try GoldenFamily.all.flatMap { try GoldenCase.read($0.name) }
    let operations = Set(cases.map(\.operation)).count
    let readme = try String(
      contentsOf: GoldenCase.folder.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("\n\(cases.count) cases of \(operations) operations,"))
  }

  /// Public operations that no golden vector compares, and what does.
  private static let comparedElsewhere = [
    "movingAxes": "a transposition, compared with transposed(_:) in AxesTests",
    "movingAxis": "a transposition, compared with transposed(_:) in AxesTests",
    "swappingAxes": "a transposition, compared with transposed(_:) in AxesTests",
    "nonzero": "the columns of argwhere: NonzeroTests",
    "scanned": "Keras' recurrent layers: Tests/KerasGoldens",
    "transformed": "Keras' own numbers: WarpTests",
  ]

  @Test func `every public operation is compared with another library's`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let text = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.lastPathComponent.hasSuffix("Goldens.swift") }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    let called = Set(text.matches(of: /\.([a-zA-Z0-9]+)\(/).map { String($0.1) })
    let declared = try publicOperations()
    let elsewhere = Set(Self.comparedElsewhere.keys)
    #expect(declared.subtracting(called).subtracting(elsewhere).sorted() == [])
    #expect(elsewhere.intersection(called).sorted() == [], "compared here after all")
    #expect(elsewhere.subtracting(declared).sorted() == [], "not public")
  }

  @Test(
    arguments: [
      // A rule, a reference, results that are right and results that are wrong.
      (GoldenRule(kind: .exact), 2, [2], [2.0000002, -2, .nan]),
      (GoldenRule(kind: .exact), 0, [0, -0.0], [0x1p-149, .nan]),
      (GoldenRule(kind: .exact, hasSignedZeros: true), -0.0, [-0.0], [0]),
      (GoldenRule(kind: .exact), .nan, [.nan], [0, .infinity]),
      (GoldenRule(kind: .elementwise), 1000, [1000.00122], [1000.00134, .nan, .infinity]),
      (GoldenRule(kind: .elementwise), 0, [1e-6, -9e-7], [1.1e-6]),
      (GoldenRule(kind: .elementwise, absolute: 0x1p-148), 0, [0x1p-149], [0x1p-130]),
      (GoldenRule(kind: .elementwise), .infinity, [.infinity], [-.infinity, 3e38, .nan]),
      (GoldenRule(kind: .sum, k: 2, absum: Tensor([8.0])), 1, [1.0000009], [1.0000011, .nan]),
      (GoldenRule(kind: .sum, k: 2, absum: Tensor([0.0])), 0, [0x1p-148], [0x1p-147]),
      (GoldenRule(kind: .linalg), 1, [], [1]),
    ] as [(GoldenRule, Float, [Float], [Float])])
  func `rules refuse what is not close enough`(
    rule: GoldenRule, reference: Float, right: [Float], wrong: [Float]
  ) {
    let expected = Tensor([reference])
    for y in right { #expect(rule.failure(Tensor([y]), expected: expected) == nil) }
    for y in wrong { #expect(rule.failure(Tensor([y]), expected: expected) != nil) }
    #expect(rule.failure(Tensor([[reference]]), expected: expected) != nil)
    #expect(rule.failure(expected.cast(to: .float64), expected: expected) != nil)
  }

  @Test(arguments: ["qr", "svd", "cholesky", "solve"])
  func `residuals refuse results that are not close enough`(operation: String) throws {
    let family = GoldenFamily.linearAlgebra
    let residuals = try #require(family.residuals[operation])
    let cases = try GoldenCase.read(family.name).filter { $0.operation == operation }
    let golden = try #require(cases.first { $0[0].shape.suffix(2) == [7, 7] })
    let call = try #require(family.calls[operation])
    let results = call(golden)
    #expect(residuals(golden, results) == [])
    for index in results.indices {
      var changed = results
      changed[index] = results[index] * (1 + 0x1p-12)
      #expect(residuals(golden, changed) != [], "result \(index) a little too large")
      changed[index] = -results[index]
      // A sign may go from one factor to another, but not from one alone.
      if operation != "cholesky" {
        #expect(residuals(golden, changed) != [], "result \(index) of the other sign")
      }
      changed[index] = results[index] * .nan
      #expect(residuals(golden, changed) != [], "result \(index) NaN")
    }
  }
}
