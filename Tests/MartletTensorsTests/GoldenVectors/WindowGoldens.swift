@testable import MartletTensors

extension GoldenFamily {
  static let windows = GoldenFamily(
    "windows",
    [
      "conv": {
        $0[0].convolved(
          with: $0[1], strides: $0.strides, padding: $0.padding, dilations: $0.dilations,
          groups: $0.integer("groups")!)
      },
      "depthwiseConv": {
        $0[0].depthwiseConvolved(
          with: $0[1], strides: $0.strides, padding: $0.padding, dilations: $0.dilations)
      },
      "convTranspose": {
        $0[0].transposedConvolved(
          with: $0[1], strides: $0.strides, padding: $0.padding,
          outputPadding: $0.integers("outputPadding"), dilations: $0.dilations)
      },
      "maxPool": {
        $0[0].maxPooled(over: $0.integers("window")!, strides: $0.strides, padding: $0.padding)
      },
      "averagePool": {
        $0[0].averagePooled(
          over: $0.integers("window")!, strides: $0.strides, padding: $0.padding,
          countingOutside: $0.flag("countingOutside")!)
      },
      "globalMaxPool": { $0[0].globalMaxPooled(keepingDimensions: $0.keepingDimensions) },
      "globalAveragePool": { $0[0].globalAveragePooled(keepingDimensions: $0.keepingDimensions) },
      "resizeNearest": { $0[0].resized(to: $0.integers("size")!, interpolation: .nearest) },
      "resizeBilinear": { $0[0].resized(to: $0.integers("size")!, interpolation: .bilinear) },
      "resizeBicubic": { $0[0].resized(to: $0.integers("size")!, interpolation: .bicubic) },
    ])
}

extension GoldenCase {
  fileprivate var strides: [Int] { integers("strides")! }
  fileprivate var dilations: [Int] { integers("dilations")! }

  fileprivate var padding: Padding {
    switch text("padding") {
    case "valid": .valid
    case "same": .same
    case "causal": .causal
    default: .explicit(pairs("padding")!.map { ($0[0], $0[1]) })
    }
  }
}
