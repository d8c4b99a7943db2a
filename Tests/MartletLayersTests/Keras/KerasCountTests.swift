import KerasGoldens
import Testing

@testable import MartletLayers

@Suite struct KerasCountTests {
  /// How many cases each family has at least: what is lost by accident is missed by its name.
  static let families = [
    "activations": 131, "attention": 60, "callbacks": 117, "constraints": 36, "convolution": 94,
    "core": 133, "files": 14, "fit": 10, "initializers": 72, "losses": 382,
    "matrix_optimizers": 34, "merging": 71, "metrics": 508, "modes": 23, "names": 163,
    "normalization": 55, "optimizers": 144, "pooling": 83, "preprocessing": 126, "progress": 20,
    "randomness": 43, "recurrent": 195, "regularizers": 36, "resizing": 58, "schedules": 46,
    "summaries": 54,
  ]

  @Test(arguments: families.keys.sorted())
  func `a family of vectors has all its cases`(name: String) throws {
    let cases = try KerasCase.read(name)
    #expect(cases.count >= Self.families[name] ?? .max, "\(name)")
  }

  @Test func `no family of vectors is left uncounted`() throws {
    #expect(try KerasCase.families() == Self.families.keys.sorted())
  }

  @Test func `Keras made at least two thousand cases`() throws {
    let cases = try KerasCase.families().flatMap { try KerasCase.read($0) }
    #expect(cases.count >= 2000)
    #expect(cases.reduce(0) { $0 + $1.comparisonCount } >= 8000)
    #expect(Set(cases.map { "\($0.kind) \($0.name)" }).count == cases.count)
  }

  @Test func `layers have the names that Keras gives them`() throws {
    for given in try KerasCase.read("names") {
      let own = try #require(given.row["own"]?.asString)
      #expect(snakeCase(own) == given.row["text"]?.asString)
      guard let golden = KerasLayerTests.cases[given.name]?.first else { continue }
      let layer = try Layer.make(from: golden.configuration)
      #expect(layer.kerasName == own)
      #expect(layer.configuration.className == golden.configuration.className)
    }
  }
}
