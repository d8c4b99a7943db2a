import MartletLayers

extension LayerCase {
  static let attentions: [LayerCase] = [
    .init("Attention", [2, 3, 4], [2, 5, 4]) { Attention(useScale: true) },
    .init("Attention by sums", [2, 3, 4], [2, 5, 2], [2, 5, 4]) {
      Attention(
        useScale: true, scoreMode: .concat, dropout: 0.3, seed: 1, returnAttentionScores: true)
    },
    .init("AdditiveAttention", [2, 3, 4], [2, 3, 4]) { AdditiveAttention(useCausalMask: true) },
    .init("AdditiveAttention of two widths", [2, 3, 4], [2, 5, 2], [2, 5, 4]) {
      AdditiveAttention(dropout: 0.3, seed: 1)
    },
    .init("MultiHeadAttention", [2, 3, 4], [2, 5, 3], [2, 5, 2]) {
      MultiHeadAttention(
        numHeads: 2, keyDim: 3, valueDim: 2, dropout: 0.3, outputShape: [2, 3],
        kernelRegularizer: .l2(0.1), activityRegularizer: .l2(0.1), useGate: true, seed: 1,
        returnAttentionScores: true)
    },
    .init("MultiHeadAttention in a window", [2, 4, 3], [2, 4, 3]) {
      MultiHeadAttention(
        numHeads: 2, keyDim: 2, useBias: false, slidingWindow: 2, useCausalMask: true)
    },
    .init("MultiHeadAttention of images", [2, 2, 3, 2], [2, 3, 2, 2]) {
      MultiHeadAttention(numHeads: 2, keyDim: 2)
    },
    .init("MultiHeadAttention of rows", [2, 2, 3, 2], [2, 2, 2, 2]) {
      MultiHeadAttention(numHeads: 1, keyDim: 2, attentionAxes: -2)
    },
    .init("GroupQueryAttention", [2, 3, 4], [2, 5, 3]) {
      GroupQueryAttention(headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2)
    },
  ]
}
