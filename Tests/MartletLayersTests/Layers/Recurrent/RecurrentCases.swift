import MartletLayers
import MartletTensors

extension LayerCase {
  static let recurrents: [LayerCase] = [
    .init("SimpleRNN", [2, 3, 2]) {
      SimpleRNN(
        3, kernelRegularizer: .l2(0.1), recurrentRegularizer: .l2(0.2), biasRegularizer: .l2(0.3))
    },
    .init("SimpleRNN of all steps, from the end", [2, 4, 2]) {
      SimpleRNN(2, activation: .sigmoid, returnSequences: true, goBackwards: true)
    },
    .init("SimpleRNN with dropout", [2, 3, 2]) {
      SimpleRNN(2, useBias: false, dropout: 0.3, recurrentDropout: 0.3, seed: 1)
    },
    .init("LSTM", [2, 3, 2]) { LSTM(2) },
    .init("LSTM from states, with states", [2, 3, 2], [2, 2], [2, 2]) {
      LSTM(2, returnSequences: true, returnState: true)
    },
    .init("LSTM with dropout", [2, 3, 2]) {
      LSTM(2, dropout: 0.3, recurrentDropout: 0.3, seed: 1, returnSequences: true)
    },
    .init("LSTM of one step, from the end", [3, 1, 2]) { LSTM(2, goBackwards: true) },
    .init("GRU", [2, 3, 2]) { GRU(2) },
    .init("GRU of Cho, all steps", [2, 3, 2], [2, 2]) {
      GRU(2, returnSequences: true, resetAfter: false)
    },
    .init("GRU with states, from the end", [2, 3, 2]) {
      GRU(2, useBias: false, returnState: true, goBackwards: true)
    },
    .init("SimpleRNNCell", [2, 3], [2, 2]) { SimpleRNNCell(2) },
    .init("LSTMCell", [2, 3], [2, 2], [2, 2]) { LSTMCell(2) },
    .init("GRUCell", [2, 3], [2, 2]) { GRUCell(2) },
    .init("StackedRNNCells", [2, 2], [2, 2], [2, 2], [2, 1]) {
      StackedRNNCells([LSTMCell(2), GRUCell(1)])
    },
    .init("RNN over two cells", [2, 3, 2]) {
      RNN([SimpleRNNCell(2), LSTMCell(2)], returnSequences: true, returnState: true)
    },
    .init("Bidirectional", [2, 3, 2]) { Bidirectional(LSTM(2, returnSequences: true)) },
    .init("Bidirectional product", [2, 3, 2]) { Bidirectional(GRU(2), mergeMode: .mul) },
    .init("Bidirectional, two outputs", [2, 3, 2]) {
      Bidirectional(SimpleRNN(2, returnSequences: true), mergeMode: .none)
    },
    .init("ConvLSTM1D", [2, 2, 4, 2]) { ConvLSTM1D(1, kernelSize: 2, returnSequences: true) },
    .init("ConvLSTM2D", [1, 2, 3, 3, 1]) {
      ConvLSTM2D(1, kernelSize: 2, padding: .same, returnState: true)
    },
    .init("ConvLSTM3D", [1, 2, 2, 2, 2, 1]) { ConvLSTM3D(1, kernelSize: [1, 2, 2]) },
  ]
}
