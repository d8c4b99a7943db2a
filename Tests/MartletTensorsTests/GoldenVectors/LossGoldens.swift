@testable import MartletTensors

extension GoldenFamily {
  static let losses = GoldenFamily(
    "losses",
    [
      // Labels are classes where they are integers, probabilities of all classes otherwise.
      "sparseCrossEntropyWithLogits": { .crossEntropy(logits: $0[0], labels: $0[1]) },
      "crossEntropyWithLogits": { .crossEntropy(logits: $0[0], labels: $0[1]) },
      "binaryCrossEntropyWithLogits": { .binaryCrossEntropy(logits: $0[0], labels: $0[1]) },
    ])
}
