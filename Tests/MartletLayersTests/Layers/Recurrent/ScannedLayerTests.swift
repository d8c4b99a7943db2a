import MartletTensors
import Testing

@testable import MartletLayers

@Suite("Recurrent layers in one operation")
struct ScannedLayerTests {
  /// A layer under every option that changes what a step computes.
  static let layers: [@Sendable () -> RNN] = [
    { LSTM(5, returnSequences: true, returnState: true) },
    { LSTM(5, useBias: false, goBackwards: true) },
    { LSTM(5, activation: .relu, recurrentActivation: .hardSigmoid, returnSequences: true) },
    { LSTM(5, dropout: 0.4, recurrentDropout: 0.5, seed: 3, returnSequences: true) },
    { GRU(5, returnSequences: true, returnState: true, goBackwards: true) },
    { GRU(5, activation: .linear, useBias: false) },
    { GRU(5, dropout: 0.4, recurrentDropout: 0.5, seed: 3, returnSequences: true) },
    { SimpleRNN(5, returnSequences: true, returnState: true) },
    { SimpleRNN(5, activation: .relu, useBias: false, goBackwards: true) },
    { SimpleRNN(5, dropout: 0.4, recurrentDropout: 0.5, seed: 3, returnSequences: true) },
    { RNN([LSTMCell(4), GRUCell(3), SimpleRNNCell(5)], returnSequences: true, returnState: true) },
    { RNN([GRUCell(4), LSTMCell(5)], goBackwards: true) },
    {
      RNN(LSTMCell(5), returnSequences: true, goBackwards: true, zeroOutputForMask: true)
    },
  ]
  static let x = Tensor((0..<84).map { Float(($0 * 37) % 41) / 20 - 1 }, shape: [3, 7, 4])
  static let mask = Tensor((0..<21).map { $0 % 4 != 1 && $0 != 6 }, shape: [3, 7])

  @Test(
    "One operation gives what the steps give",
    arguments: ScannedLayerTests.layers.indices, [false, true])
  func sameAsSteps(index: Int, isMasked: Bool) throws {
    let layer = Self.layers[index]()
    _ = layer(Self.x)
    let mask = isMasked && !(layer.cell is StackedRNNCells) ? Self.mask : nil
    let shapes = try layer.cell.stateShapes([3, 4])
    let starts = shapes.map { Tensor.ones([3, ($0[0] ?? 0)]) * 0.3 }
    // The masks of dropout are kept by the steps.
    let steps = RecurrentSteps(isTraining: true)
    func run(_ inOne: Bool) throws -> (value: Tensor, gradients: [Tensor]) {
      try valueAndGradient(of: layer.trainableVariables) {
        let (result, states) =
          inOne
          ? try #require(layer.scanned(Self.x, starts, steps, mask))
          : layer.unrolled(Self.x, starts, steps, mask)
        return states.reduce((result + 0.3).sin().sum()) { $0 + ($1 + 0.1).sin().sum() }
      }
    }
    let (one, many) = (try run(true), try run(false))
    #expect(one.value.isClose(to: many.value, relative: 1e-5, absolute: 1e-5))
    for (a, b) in zip(one.gradients, many.gradients) {
      #expect(a.isClose(to: b, relative: 1e-4, absolute: 2e-5), "\(a) \(b)")
    }
    let (a, b) = (
      try #require(layer.scanned(Self.x, starts, steps, mask)),
      layer.unrolled(Self.x, starts, steps, mask)
    )
    #expect(a.result.isClose(to: b.result, relative: 1e-5, absolute: 1e-6))
    for (a, b) in zip(a.states, b.states) {
      #expect(a.isClose(to: b, relative: 1e-5, absolute: 1e-6))
    }
  }

  @Test("What a cell of one's own computes is left to its steps")
  func others() {
    let steps = RecurrentSteps(isTraining: false)
    for layer in [
      GRU(2, resetAfter: false), LSTM(2, activation: .selu), RNN(DoublingCell()),
    ] {
      _ = layer(Self.x)
      let zeros = [Tensor.zeros([3, 2]), Tensor.zeros([3, 2])]
      #expect(layer.scanned(Self.x, zeros, steps, nil) == nil)
    }
  }

  final class DoublingCell: RecurrentCell {
    init() { super.init(name: nil) }
    override func stateShapes(_ input: PartialShape) throws -> [PartialShape] { [[2]] }
    override func build(_ input: PartialShape) throws {}
    override func step(
      _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
    ) -> (output: Tensor, states: [Tensor]) {
      let h = states[0] + 2 * x[0..., 0..<2]
      return (h, [h])
    }
  }

  @Test("A sequence's outputs do not depend on the sequences beside it")
  func rowsAlone() {
    let layers = [
      LSTM(19, returnSequences: true), GRU(19, returnSequences: true),
      SimpleRNN(19, returnSequences: true),
    ]
    for layer in layers {
      let all = layer(Self.x)
      for row in 0..<3 {
        let alone = layer(Self.x[row..<(row + 1)])
        #expect(alone.isClose(to: all[row..<(row + 1)], relative: 0, absolute: 0))
      }
    }
  }
}
