import MartletLayers
import MartletTensors
import Testing

/// The recurrent units of the course slides, which spell "hello".
@Suite("Course recurrent units")
struct CourseRecurrentTests {
  static let letters = ["h", "e", "l", "o"]

  /// The letters h e l l as rows of the identity, (1, 4, 4).
  static let hell = Tensor.eye(4)[Tensor([0, 1, 2, 2] as [Int32])].expandingDimensions(at: 0)

  @Test("One-hot letters are rows of the identity; h e l l is followed by e l l o")
  func letters() {
    let word = ["h", "e", "l", "l", "o"].map { Self.letters.firstIndex(of: $0)! }
    let rows = Tensor(word.map(Int32.init)).oneHot(depth: 4)
    #expect(rows[0..<4].isEqual(to: Self.hell[0]))
    #expect(
      rows[1..<5].nested(as: [[Float]].self) == [
        [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1],
      ])
  }

  @Test("SimpleRNN of two units: h after each of h e l l, and a Dense layer on top")
  func simpleRNN() throws {
    let layer = SimpleRNN(2, returnSequences: true)
    _ = layer(Self.hell)
    try layer.setWeights([
      Tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]), Tensor([[0.1, 0.2], [0.3, 0.4]]),
      .zeros([2]),
    ])
    let expected: [Float] = [
      0.0996680, 0.1973753, 0.3532737, 0.4612388, 0.5874078, 0.6937505, 0.6451034, 0.7594786,
    ]
    let h = layer(Self.hell)
    let wanted = Tensor(expected).reshaped(to: [1, 4, 2])
    #expect(h.isClose(to: wanted, relative: 3e-7, absolute: 6e-8))
    // y = W h + b of each step, with one weight matrix for all steps.
    let top = Dense(4)
    let scores = top(h)
    #expect(scores.shape == [1, 4, 4])
    let weights = top.getWeights()
    let third = h[0, 2].expandingDimensions(at: 0).matmul(weights[0]) + weights[1]
    #expect(scores[0, 2].isClose(to: third[0], relative: 1e-6, absolute: 1e-7))
  }

  @Test("LSTM of one unit: h after each of h e l l, and the last cell state")
  func lstm() throws {
    let layer = LSTM(1, returnSequences: true, returnState: true)
    _ = layer.outputs(of: [Self.hell])
    let kernel = Tensor((0..<16).map { 0.1 * Float($0 / 4 + 1) }).reshaped(to: [4, 4])
    try layer.setWeights([kernel, .full([1, 4], 0.5), Tensor([0.0, 1, 0, 0])])
    let outputs = layer.outputs(of: [Self.hell])
    let expected: [Float] = [0.0274438, 0.0860466, 0.1797010, 0.2639205]
    #expect(outputs[0].reshaped(to: [4]).isClose(to: Tensor(expected), relative: 0, absolute: 1e-7))
    #expect(abs(outputs[1].item() - 0.2639205) < 1e-7)
    #expect(abs(outputs[2].item() - 0.4755049) < 1e-7)
  }

  @Test("With 4 inputs and 3 units SimpleRNN has 24 parameters, LSTM 96, GRU 81, Dense on top 16")
  func counts() throws {
    let layers: [(RNN, Int)] = [(SimpleRNN(3), 24), (LSTM(3), 96), (GRU(3), 81)]
    for (layer, count) in layers {
      try layer.build(for: [[nil, nil, 4]])
      #expect(layer.countParameters() == count, "\(layer)")
    }
    let top = Dense(4)
    try top.build(for: [[nil, nil, 3]])
    #expect(top.countParameters() == 16)
  }
}
