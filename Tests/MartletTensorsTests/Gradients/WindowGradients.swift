@testable import MartletTensors

// Windows have more settings than shapes: each setting applies the operation itself.

let windowGradients: [GradientRow] = [
  GradientRow("convolved", settings: convolutions) { $0[0] },
  GradientRow("depthwiseConvolved", settings: depthwise) { $0[0] },
  GradientRow("transposedConvolved", settings: transposed) { $0[0] },
  GradientRow("maxPooled", [.distinct], settings: maxPools) { $0[0] },
  GradientRow("averagePooled", settings: averagePools) { $0[0] },
  GradientRow("globalMaxPooled", [.distinct], settings: images) { $0[0].globalMaxPooled() },
  GradientRow("globalAveragePooled", settings: images) {
    $0[0].square().globalAveragePooled(keepingDimensions: true)
  },
  GradientRow("resized", settings: sizes(.nearest)) { $0[0].square() },
  GradientRow("resized", settings: sizes(.bilinear)) { $0[0].square() },
  GradientRow("resized", settings: sizes(.bicubic)) { $0[0].square() },
  GradientRow("transformed", settings: transforms) { $0[0].square() },
]

private func convolution(
  _ x: Shape, _ w: Shape, strides: [Int] = [1], padding: Padding = .valid,
  dilations: [Int] = [1], groups: Int = 1
) -> Setting {
  Setting(x, w, as: "\(strides) \(padding) \(dilations) groups \(groups)") {
    [
      $0[0].convolved(
        with: $0[1], strides: strides, padding: padding, dilations: dilations, groups: groups)
    ]
  }
}

private let convolutions: [Setting] = [
  convolution([1, 5, 1], [3, 1, 1]),
  convolution([2, 7, 2], [3, 2, 3], strides: [2], padding: .same),
  convolution([1, 8, 2], [2, 2, 2], padding: .causal, dilations: [2]),
  convolution([1, 8, 2], [3, 2, 1], strides: [3], padding: .causal),
  convolution([1, 6, 1], [3, 1, 2], padding: .explicit([(0, 3)])),
  convolution([1, 4, 5, 2], [3, 2, 2, 3]),
  convolution([2, 5, 4, 1], [2, 3, 1, 2], padding: .same),
  convolution([1, 6, 6, 2], [3, 3, 2, 2], strides: [2], padding: .same),
  convolution(
    [1, 7, 5, 1], [3, 2, 1, 2], strides: [3, 1], padding: .explicit([(1, 2), (0, 1)])),
  convolution([1, 7, 6, 1], [3, 2, 1, 2], padding: .same, dilations: [2, 3]),
  convolution([1, 5, 7, 2], [2, 2, 2, 1], strides: [2], dilations: [3, 2]),
  convolution([1, 4, 4, 4], [3, 3, 2, 6], padding: .same, groups: 2),
  convolution([2, 5, 3, 3], [2, 2, 1, 6], strides: [2, 1], groups: 3),
  convolution([2, 3, 3, 5], [1, 1, 5, 4]),
  convolution([1, 3, 4, 2], [1, 1, 2, 2], strides: [2]),
  convolution([1, 3, 4, 3, 1], [2, 2, 2, 1, 2]),
  convolution([1, 4, 3, 4, 2], [2, 3, 2, 2, 1], strides: [2, 1, 2], padding: .same),
  convolution([1, 4, 4, 4, 2], [2, 1, 2, 1, 2], dilations: [1, 2, 3], groups: 2),
  convolution([0, 4, 4, 1], [2, 2, 1, 2]),
  Setting([2, 5, 9, 20], [3, 3, 20, 18], as: "same, many channels") {
    [$0[0].convolved(with: $0[1], padding: .same) * 0.03]
  },
  Setting([4, 5, 2, 2], [3, 2, 3, 2], as: "transposed") {
    [$0[0].transposed([3, 1, 0, 2]).convolved(with: $0[1].transposed([2, 0, 1, 3]))]
  },
  Setting([3, 3, 1, 1], as: "the same twice") {
    [$0[0].transposed([2, 0, 1, 3]).convolved(with: $0[0], padding: .same)]
  },
]

private func depthwiseConvolution(
  _ x: Shape, _ w: Shape, strides: [Int] = [1], padding: Padding = .valid, dilations: [Int] = [1]
) -> Setting {
  Setting(x, w, as: "\(strides) \(padding) \(dilations)") {
    [
      $0[0].depthwiseConvolved(
        with: $0[1], strides: strides, padding: padding, dilations: dilations)
    ]
  }
}

private let depthwise: [Setting] = [
  depthwiseConvolution([1, 5, 3], [3, 3, 1]),
  depthwiseConvolution([2, 6, 2], [2, 2, 3], strides: [2], padding: .same),
  depthwiseConvolution([1, 6, 2], [3, 2, 1], padding: .causal, dilations: [2]),
  depthwiseConvolution([1, 4, 5, 3], [3, 3, 3, 1]),
  depthwiseConvolution([1, 4, 5, 3], [3, 3, 3, 1], padding: .same),
  depthwiseConvolution([1, 5, 5, 2], [3, 2, 2, 1], strides: [2], padding: .same),
  depthwiseConvolution([1, 5, 6, 2], [2, 3, 2, 1], strides: [2, 1]),
  depthwiseConvolution([1, 6, 6, 2], [2, 2, 2, 1], dilations: [2, 3]),
  depthwiseConvolution([2, 3, 3, 2], [2, 2, 2, 2], padding: .same),
  depthwiseConvolution([1, 4, 4, 2], [3, 3, 2, 1], padding: .explicit([(0, 1), (2, 1)])),
  depthwiseConvolution([1, 3, 3, 1], [2, 2, 1, 4]),
  depthwiseConvolution([1, 4, 4, 19], [3, 3, 19, 1], padding: .same),
  depthwiseConvolution([1, 3, 4, 3, 2], [2, 2, 2, 2, 1], padding: .same),
  depthwiseConvolution([1, 4, 4, 4, 1], [2, 2, 2, 1, 2], strides: [2]),
  depthwiseConvolution([0, 4, 4, 2], [2, 2, 2, 1]),
]

private func transposedConvolution(
  _ x: Shape, _ w: Shape, strides: [Int] = [1], padding: Padding = .valid,
  outputPadding: Int? = nil, dilations: [Int] = [1]
) -> Setting {
  let extra = outputPadding.map { "\($0)" } ?? "default"
  return Setting(x, w, as: "\(strides) \(padding) output \(extra) \(dilations)") {
    [
      $0[0].transposedConvolved(
        with: $0[1], strides: strides, padding: padding, outputPadding: outputPadding,
        dilations: dilations)
    ]
  }
}

private let transposed: [Setting] = [
  transposedConvolution([1, 4, 2], [3, 3, 2]),
  transposedConvolution([2, 3, 1], [2, 2, 1], strides: [2], padding: .same),
  transposedConvolution([1, 3, 2], [2, 1, 2], strides: [3]),
  transposedConvolution([1, 3, 3, 2], [3, 3, 2, 2]),
  transposedConvolution([1, 3, 2, 2], [3, 2, 3, 2], strides: [2], padding: .same),
  transposedConvolution([1, 2, 3, 2], [4, 3, 1, 2], strides: [2, 3]),
  transposedConvolution(
    [1, 3, 3, 1], [3, 3, 2, 1], strides: [2], padding: .same, outputPadding: 1),
  transposedConvolution([1, 3, 3, 1], [2, 3, 2, 1], strides: [2], outputPadding: 1),
  transposedConvolution([1, 3, 3, 1], [3, 3, 1, 1], strides: [2], padding: .explicit([(1, 0)])),
  transposedConvolution([1, 3, 3, 2], [2, 2, 2, 2], padding: .same, dilations: [2, 3]),
  transposedConvolution([1, 2, 2, 3], [1, 1, 2, 3]),
  transposedConvolution([1, 2, 2, 1], [1, 2, 2, 1], strides: [2]),
  transposedConvolution([1, 2, 3, 2, 1], [2, 2, 1, 2, 1], strides: [2, 1, 1]),
  transposedConvolution([1, 2, 2, 2, 2], [2, 3, 2, 1, 2], padding: .same),
  transposedConvolution([0, 2, 2, 2], [2, 2, 1, 2]),
  Setting([2, 5, 4, 18], [3, 3, 20, 18], as: "stride 2, same, many channels") {
    [$0[0].transposedConvolved(with: $0[1], strides: 2, padding: .same) * 0.03]
  },
]

/// Settings of pooling: window, strides, padding.
private func pools(
  _ pool: @escaping @Sendable (Tensor, [Int], [Int]?, Padding) -> Tensor
) -> [Setting] {
  func setting(
    _ shape: Shape, _ window: [Int], _ strides: [Int]? = nil, _ padding: Padding = .valid
  ) -> Setting {
    Setting(shape, as: "\(window) \(strides ?? window) \(padding)") {
      [pool($0[0], window, strides, padding)]
    }
  }
  return [
    setting([1, 6, 2], [2]), setting([2, 7, 1], [3], [2], .same), setting([1, 5, 2], [3], [1]),
    setting([1, 5, 1], [3], [2], .explicit([(1, 2)])), setting([1, 7, 1], [2], [3]),
    setting([1, 4, 6, 2], [2]), setting([2, 4, 4, 1], [2], [1]),
    setting([1, 5, 4, 2], [2, 3], [1], .same), setting([1, 5, 7, 1], [3], [2], .same),
    setting([1, 4, 5, 2], [3, 2], [2, 1], .explicit([(1, 1), (0, 1)])),
    setting([1, 4, 5, 3], [4, 5]), setting([1, 3, 3, 2], [1]), setting([1, 4, 4, 17], [2]),
    setting([1, 4, 3, 4, 1], [2]), setting([1, 3, 3, 4, 2], [2, 3, 2], [1, 2, 1], .same),
    setting([0, 4, 4, 1], [2]),
    Setting([4, 3, 2, 1], as: "transposed") {
      [pool($0[0].transposed([3, 1, 0, 2]), [2], [1], .same)]
    },
  ]
}

private let maxPools = pools { $0.maxPooled(over: $1, strides: $2, padding: $3) }

private let averagePools: [Setting] =
  pools { $0.averagePooled(over: $1, strides: $2, padding: $3) }
  + pools { $0.averagePooled(over: $1, strides: $2, padding: $3, countingOutside: true) }

private let images: [Setting] = [
  Setting([1, 5, 1]), Setting([2, 7, 3]), Setting([1, 1, 1]), Setting([1, 2, 2, 1]),
  Setting([2, 3, 4, 2]), Setting([1, 1, 5, 2]), Setting([3, 2, 2, 17]), Setting([1, 13, 7, 1]),
  Setting([1, 2, 3, 2, 2]), Setting([2, 1, 1, 1, 3]), Setting([1, 3, 3, 3, 1]),
  Setting([0, 2, 2, 1]), Setting([1, 3, 3, 0]),
  Setting([3, 4, 2, 1], as: "transposed") { [$0[0].transposed([3, 1, 0, 2])] },
]

private func sizes(_ interpolation: Interpolation) -> [Setting] {
  func setting(_ shape: Shape, _ size: [Int]) -> Setting {
    Setting(shape, as: "to \(size)") { [$0[0].resized(to: size, interpolation: interpolation)] }
  }
  return [
    setting([1, 4, 1], [8]), setting([2, 5, 2], [3]), setting([1, 3, 1], [7]),
    setting([1, 2, 2, 1], [4]), setting([1, 2, 3, 2], [4, 3]), setting([1, 3, 2, 2], [2, 6]),
    setting([2, 4, 4, 1], [2]), setting([1, 5, 3, 1], [7, 4]), setting([1, 1, 1, 2], [3, 2]),
    setting([1, 3, 3, 1], [1]), setting([1, 3, 3, 1], [3]), setting([0, 2, 2, 1], [4]),
    setting([1, 2, 2, 2, 1], [4, 2, 3]), setting([1, 2, 3, 2, 1], [1, 6, 4]),
    Setting([3, 4, 2, 1], as: "transposed") {
      [$0[0].transposed([3, 1, 0, 2]).resized(to: [6, 5], interpolation: interpolation)]
    },
  ]
}

private let transforms: [Setting] = FillMode.allCases.flatMap { fill in
  func setting(
    _ shape: Shape, _ numbers: [Double], to size: [Int]? = nil,
    _ interpolation: Interpolation = .bilinear
  ) -> Setting {
    Setting(shape, as: "\(fill) \(interpolation) to \(size ?? [])") {
      [
        $0[0].transformed(
          by: Tensor(numbers, shape: [8], dtype: .float64), size: size,
          interpolation: interpolation, fillMode: fill, fillValue: 0.5)
      ]
    }
  }
  return [
    setting([1, 3, 4, 1], [0.9, 0.2, -0.6, -0.3, 1.1, 0.7, 0, 0]),
    setting([2, 4, 3, 2], [1.4, -0.5, 1.3, 0.25, 0.8, -2.2, 0, 0]),
    setting([1, 3, 3, 1], [0.8, 0.1, 0.2, 0, 0.9, 0.3, 0.1, 0.05], to: [2, 5]),
    setting([1, 3, 3, 2], [1.3, 0, -0.2, 0, 0.7, 0.4, 0, 0], to: [4, 2], .nearest),
    setting([0, 3, 3, 2], [1, 0, 0, 0, 1, 0, 0, 0]),
  ]
}
