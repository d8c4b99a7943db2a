import KerasGoldens
import Testing

@Suite struct KerasCountTests {
  @Test func `Keras made at least two thousand cases`() throws {
    let cases = try KerasCase.families().flatMap { try KerasCase.read($0) }
    #expect(cases.count >= 2000)
    #expect(cases.reduce(0) { $0 + $1.comparisonCount } >= 8000)
    #expect(Set(cases.map { "\($0.kind) \($0.name)" }).count == cases.count)
  }
}
