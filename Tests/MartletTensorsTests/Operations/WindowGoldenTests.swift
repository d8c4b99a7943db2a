import Testing

@testable import MartletTensors

@Suite struct WindowGoldenTests {
  /// What each operation of the manifest is called here.
  private func run(_ golden: GoldenVector) -> Tensor? {
    let x = golden.inputs[0]
    let (a, more) = (golden.attributes, golden.inputs.dropFirst())
    let strides = a["strides"] as? [Int] ?? [1]
    let dilations = a["dilations"] as? [Int] ?? [1]
    let window = a["window"] as? [Int] ?? []
    let size = a["size"] as? [Int] ?? []
    let padding: Padding
    switch a["padding"] as? String {
    case "same": padding = .same
    case "causal": padding = .causal
    default:
      padding = (a["padding"] as? [[Int]]).map { .explicit($0.map { ($0[0], $0[1]) }) } ?? .valid
    }
    switch (golden.operation, more.first) {
    case ("conv", let w?):
      return x.convolved(
        with: w, strides: strides, padding: padding, dilations: dilations,
        groups: a["groups"] as? Int ?? 1)
    case ("depthwiseConv", let w?):
      return x.depthwiseConvolved(
        with: w, strides: strides, padding: padding, dilations: dilations)
    case ("convTranspose", let w?):
      return x.transposedConvolved(
        with: w, strides: strides, padding: padding, outputPadding: a["outputPadding"] as? [Int],
        dilations: dilations)
    case ("maxPool", _): return x.maxPooled(over: window, strides: strides, padding: padding)
    case ("averagePool", _):
      return x.averagePooled(
        over: window, strides: strides, padding: padding,
        countingOutside: a["countingOutside"] as? Bool ?? false)
    case ("globalMaxPool", _):
      return x.globalMaxPooled(keepingDimensions: golden.keepingDimensions)
    case ("globalAveragePool", _):
      return x.globalAveragePooled(keepingDimensions: golden.keepingDimensions)
    case ("resizeNearest", _): return x.resized(to: size, interpolation: .nearest)
    case ("resizeBilinear", _): return x.resized(to: size, interpolation: .bilinear)
    default: return nil
    }
  }

  @Test func `convolutions, pooling and resizing agree with JAX`() throws {
    let cases = try GoldenVector.family("windows")
    #expect(cases.count >= 285)
    for golden in cases {
      let result = try #require(run(golden), "\(golden.operation) is not known")
      let failures = try golden.failures([result])
      #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
  }
}
