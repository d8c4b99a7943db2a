@testable import MartletTensors

// swift-format-ignore
let recurrentGradients: [GradientRow] = [
  GradientRow("scanned", [.range(-1...1)], settings: sequences(gates: 4, 2)) {
    joined($0[0].scanned(by: ScannedCell(.lstm), recurrentKernel: $0[1], bias: $0[2], from: [$0[3], $0[4]]))
  },
  GradientRow("scanned", [.range(-1...1)], settings: sequences(gates: 3, 1)) {
    joined($0[0].scanned(by: ScannedCell(.gru), recurrentKernel: $0[1], bias: $0[2], stateBias: $0[2] * 0.5, from: [$0[3]], reversed: true))
  },
  GradientRow("scanned", [.range(-1...1)], settings: sequences(gates: 1, 1)) {
    joined($0[0].scanned(by: ScannedCell(.simple), recurrentKernel: $0[1], bias: $0[2], from: [$0[3]]))
  },
  // Masked, backwards, with factors of the state, and only the last state.
  GradientRow("scanned", [.range(-1...1)], settings: sequences(gates: 4, 1)) {
    $0[0].scanned(by: ScannedCell(.lstm, activation: .sigmoid, gate: .tanh), recurrentKernel: $0[1], mask: mask($0[0]), stateFactors: $0[3], reversed: true).states[1]
  },
  GradientRow("scanned", [.range(-1...1)], settings: sequences(gates: 3, 1)) {
    $0[0].scanned(by: ScannedCell(.gru, activation: .linear, gate: .hardSigmoid), recurrentKernel: $0[1], from: [$0[3]], mask: mask($0[0])).outputs
  },
  GradientRow("scanned", [.range(0.1...1)], settings: sequences(gates: 1, 1)) {
    joined($0[0].scanned(by: ScannedCell(.simple, activation: .relu), recurrentKernel: $0[1], mask: mask($0[0]), stateFactors: $0[3]))
  },
  // With the inputs' kernel, whose product is the scan's own from eight samples on.
  GradientRow("scanned", [.range(-1...1)], settings: inputs(gates: 4, 2)) {
    joined($0[0].scanned(by: ScannedCell(.lstm), kernel: $0[1], recurrentKernel: $0[2], bias: $0[3], from: [$0[4], $0[5]]))
  },
  GradientRow("scanned", [.range(-1...1)], settings: inputs(gates: 3, 1)) {
    joined($0[0].scanned(by: ScannedCell(.gru), kernel: $0[1], recurrentKernel: $0[2], bias: $0[3], stateBias: $0[3] * 0.5, from: [$0[4]], mask: mask($0[0]), reversed: true))
  },
  GradientRow("scanned", [.range(-1...1)], settings: inputs(gates: 1, 1)) {
    $0[0].scanned(by: ScannedCell(.simple), kernel: $0[1], recurrentKernel: $0[2], bias: $0[3], stateFactors: $0[4]).states[0]
  },
]

/// All results of a scan on one axis of time.
private func joined(_ scan: (outputs: Tensor, states: [Tensor])) -> Tensor {
  .concatenate([scan.outputs] + scan.states.map { .stack([$0], along: 1) }, along: 1)
}

/// Some steps of (batch, steps, …), others not.
private func mask(_ x: Tensor) -> Tensor {
  let (batch, steps) = (x.shape[0], x.shape[1])
  return Tensor((0..<(batch * steps)).map { $0 % 3 != 1 }, shape: [batch, steps])
}

/// Inputs (batch, steps, gates·units), the recurrent kernel, a bias, and states.
private func sequences(gates: Int, _ states: Int) -> [Setting] {
  let sizes = [
    (1, 1, 1), (2, 3, 2), (3, 2, 5), (1, 4, 3), (2, 1, 4), (0, 3, 2), (2, 0, 2), (4, 2, 1),
    (2, 5, 2), (1, 2, 17), (3, 3, 3), (2, 2, 8), (5, 1, 2), (15, 2, 2),
  ]
  func shapes(_ batch: Int, _ steps: Int, _ units: Int) -> [Shape] {
    [[batch, steps, gates * units], [units, gates * units], [gates * units]]
      + [Shape](repeating: [batch, units], count: states)
  }
  return sizes.map { Setting(shapes: shapes($0, $1, $2)) }
    + [
      Setting(shapes: [[3, 2, gates * 2]] + shapes(2, 3, 2).dropFirst(), as: "time first") {
        [$0[0].transposed([1, 0, 2])] + $0[1...]
      }
    ]
}

/// Inputs (batch, steps, inputs), both kernels, a bias, and states.
private func inputs(gates: Int, _ states: Int) -> [Setting] {
  let sizes = [
    (8, 2, 3, 2), (9, 1, 1, 3), (8, 3, 2, 1), (2, 2, 3, 2), (8, 0, 2, 2), (11, 2, 1, 1),
    (8, 1, 5, 2), (8, 2, 1, 1), (7, 1, 2, 2), (8, 1, 2, 3), (1, 3, 2, 2), (10, 1, 3, 1),
    (8, 4, 1, 1), (0, 2, 2, 2),
  ]
  return sizes.map { batch, steps, inputs, units in
    Setting(
      shapes: [
        [batch, steps, inputs], [inputs, gates * units], [units, gates * units], [gates * units],
      ] + [Shape](repeating: [batch, units], count: states))
  }
}
