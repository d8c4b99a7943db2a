import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct DiscretizationTests {
  @Test func `a boundary belongs to the bin above it`() {
    let layer = Discretization(binBoundaries: [18, 65])
    let y = layer(Tensor([17, 18, 64.5, 65, .nan, -.infinity, .infinity] as [Float]))
    #expect(y.dtype == .int32)
    // NumPy's digitize puts NaN into the last bin.
    #expect(y.scalars(of: Int.self) == [0, 1, 1, 2, 2, 0, 2])
  }

  @Test func `bins hold about equally many of the values adapted to`() throws {
    let layer = Discretization(numBins: 4)
    #expect(layer.binBoundaries == nil)
    let values = Tensor((0..<1000).map { Float($0 * 7919 % 1000) })
    try layer.adapt(values)
    let bins = layer(values).scalars(of: Int.self)
    for bin in 0..<4 { #expect((235...265).contains(bins.count { $0 == bin })) }
    let again = try Discretization(configuration: layer.configuration)
    #expect(again.binBoundaries == layer.binBoundaries)
  }

  @Test func `batches are summed up one after the other`() throws {
    let layer = Discretization(numBins: 2)
    try layer.adapt((0..<10).map { batch in Tensor((0..<100).map { Float($0 * 10 + batch) }) })
    let middle = try #require(layer.binBoundaries?.first)
    #expect(layer.binBoundaries?.count == 1)
    #expect(abs(middle - 500) < 15)
  }

  @Test func `what cannot be adapted says so`() {
    #expect(throws: Diagnostic.self) {
      try Discretization(binBoundaries: [1]).adapt(Tensor([1.0]))
    }
    #expect(throws: Diagnostic.self) { try Discretization(numBins: 3).adapt(Tensor.zeros([0])) }
  }
}
