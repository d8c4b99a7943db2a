import MartletTensors
import Testing

@testable import MartletLayers

@Suite("Recurrent layers")
struct RecurrentLayerTests {
  static let sequence = Tensor((0..<72).map(Float.init), shape: [3, 6, 4])

  static func lstm(backwards: Bool) -> LSTM {
    LSTM(
      3, kernelInitializer: .constant(0.01), recurrentInitializer: .constant(0.02),
      biasInitializer: .constant(0.03), goBackwards: backwards)
  }

  @Test("LSTM gives the numbers of Keras' own test", arguments: [false, true])
  func lstm(backwards: Bool) {
    // keras/src/layers/rnn/lstm_test.py, 3.15.
    let expected: [Float] =
      backwards ? [0.35622165, 0.74789524, 0.8872726] : [0.6288687, 0.86899155, 0.9460773]
    let y = Self.lstm(backwards: backwards)(Self.sequence)
    #expect(y[0..., 0].isClose(to: Tensor(expected), relative: 1e-5, absolute: 0))
  }

  @Test("A stateful layer goes on where it ended, until it is reset")
  func stateful() {
    let layer = SimpleRNN(2, returnSequences: true, stateful: true)
    let whole = Self.sequence * 0.01
    let first = layer(whole[0..., 0..<3])
    let second = layer(whole[0..., 3..<6])
    layer.resetStates()
    let all = layer(whole)
    let parts = Tensor.concatenate([first, second], along: 1)
    #expect(parts.isClose(to: all, relative: 1e-6, absolute: 1e-7))
  }

  @Test("A masked step repeats the output before it and keeps the state")
  func masked() {
    let layer = GRU(2, returnSequences: true)
    let x = Self.sequence * 0.01
    let mask = Tensor([Bool](repeating: true, count: 18), shape: [3, 6])
    let some = Tensor((0..<18).map { $0 % 6 != 2 }, shape: [3, 6])
    let full = layer(x, mask: mask)
    #expect(full.isClose(to: layer(x), relative: 0, absolute: 0))
    let y = layer(x, mask: some)
    #expect(y[0..., 2].isClose(to: y[0..., 1], relative: 0, absolute: 0))
    let short = Tensor.concatenate([x[0..., 0..<2], x[0..., 3..<6]], along: 1)
    #expect(y[0..., 5].isClose(to: layer(short)[0..., 4], relative: 1e-6, absolute: 1e-7))
  }

  @Test("Both directions see the same sequence")
  func bidirectional() throws {
    let layer = Bidirectional(LSTM(2, returnSequences: true), mergeMode: .concat)
    #expect(layer(Self.sequence).shape == [3, 6, 4])
    #expect(layer.weights.count == 6)
    let none = Bidirectional(SimpleRNN(2), mergeMode: .none)
    #expect(none.outputs(of: [Self.sequence]).map(\.shape) == [[3, 2], [3, 2]])
  }

  @Test("Layers that cannot run beside each other are refused, as by Keras")
  func unfitPairs() throws {
    func pair(_ forward: SimpleRNN, _ backward: SimpleRNN) throws -> Layer {
      let c = Configuration(
        "Bidirectional",
        [
          "layer": .configuration(forward.configuration),
          "backward_layer": .configuration(backward.configuration),
        ])
      return try Layer.make(from: c)
    }
    _ = try pair(SimpleRNN(2), SimpleRNN(3, goBackwards: true))
    for (backward, word) in [
      (SimpleRNN(2), "direction"),
      (SimpleRNN(2, returnSequences: true, goBackwards: true), "returnSequences"),
      (SimpleRNN(2, returnState: true, goBackwards: true), "returnState"),
      (SimpleRNN(2, goBackwards: true, stateful: true), "stateful"),
    ] {
      let error = #expect(throws: Diagnostic.self, "\(word)") { try pair(SimpleRNN(2), backward) }
      #expect(error?.what.contains(word) == true)
    }
  }

  @Test("A pair in one direction traps where it is written")
  func sameDirection() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Bidirectional(SimpleRNN(2), backwardLayer: SimpleRNN(2)) }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("both layers run in the same direction"), "\(message)")
  }

  @Test("Outputs of unequal widths are refused where they are added", arguments: [false, true])
  func unequalWidths(sequences: Bool) throws {
    func pair(_ mode: Bidirectional.MergeMode) -> Bidirectional {
      Bidirectional(
        SimpleRNN(2, returnSequences: sequences), mergeMode: mode,
        backwardLayer: SimpleRNN(3, returnSequences: sequences, goBackwards: true))
    }
    for mode in [Bidirectional.MergeMode.sum, .mul, .ave] {
      let error = #expect(throws: Diagnostic.self) {
        try pair(mode).build(for: [[nil, 6, 4]], dtypes: [.float32])
      }
      #expect(error?.what.contains(".\(mode)") == true)
      let x = Input(shape: [6, 4])
      #expect(throws: Diagnostic.self) { try Model(inputs: x, outputs: pair(mode)(x)) }
    }
    let both = pair(.concat)(Self.sequence)
    #expect(both.shape == (sequences ? [3, 6, 5] : [3, 5]))
    #expect(pair(.none).outputs(of: [Self.sequence]).map { $0.shape.last } == [2, 3])
  }

  @Test("States are outputs, and inputs of the next layer")
  func states() throws {
    let x = Input(shape: [6, 4])
    let encoded = LSTM(5, returnState: true).outputs(of: [x])
    #expect(encoded.map(\.shape) == [[nil, 5], [nil, 5], [nil, 5]])
    let decoded = LSTM(5)([x, encoded[1], encoded[2]])
    let model = try Model(inputs: x, outputs: decoded)
    #expect(model(Self.sequence).shape == [3, 5])
  }

  @Test("Stacked cells are one cell, and a convolutional LSTM keeps its images")
  func stackedAndConvolutional() {
    let stacked = RNN([LSTMCell(3), GRUCell(2)], returnState: true)
    #expect(
      stacked.outputs(of: [Self.sequence]).map(\.shape) == [[3, 2], [3, 3], [3, 3], [3, 2]])
    let images = Tensor.ones([2, 3, 5, 5, 1])
    let layer = ConvLSTM2D(4, kernelSize: 3, padding: .same, returnSequences: true)
    #expect(layer(images).shape == [2, 3, 5, 5, 4])
  }
}
