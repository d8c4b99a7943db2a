import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// The losses of the course slides: the classifier of cat, turtle and owl, one neuron, autoencoders.
@Suite("Course losses")
struct CourseLossTests {
  /// Expects float64 numbers as they are printed, with eight digits.
  private func expectPrinted(
    _ found: Tensor, _ printed: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectClose(found, printed, relative: 2e-8, absolute: 6e-8, sourceLocation: sourceLocation)
  }

  @Test("Cat, turtle, owl: sigmoid and softmax of the scores that the slide prints")
  func scores() {
    let scores = Tensor([-1.3, 0.3, 8.6] as [Double])
    expectPrinted(scores.sigmoid(), [0.2141650, 0.5744425, 0.9998159])
    expectClose(
      scores.softmax(along: 0), [5.0159700e-5, 2.4844262e-4, 9.9970140e-1], relative: 1e-8,
      absolute: 0)
    #expect(abs(scores.softmax(along: 0).sum().item() - 1) < 1e-15)
  }

  @Test("Cat, turtle, owl: the cross-entropy of each, and the gradient p − y of the owl's")
  func crossEntropies() {
    let scores = Tensor([[-1.3, 0.3, 8.6]] as [[Double]])
    func loss(_ label: Int32, _ scores: Tensor) -> Tensor {
      sparseCategoricalCrossentropy(Tensor([label]), scores, fromLogits: true)
    }
    for (label, value) in [(0, 9.9002986), (1, 8.3002986), (2, 2.9864691e-4)] as [(Int32, Double)] {
      expectClose(loss(label, scores), [value], relative: 2e-8, absolute: 0)
    }
    let slope = gradient(at: scores) { loss(2, $0) }
    expectClose(
      slope, [5.0159700e-5, 2.4844262e-4, -2.9860232e-4], relative: 2e-8, absolute: 0)
    // Of the probabilities, and of one-hot labels, the same.
    let one = Tensor([[0, 0, 1]] as [[Double]])
    let same = gradient(at: scores) { categoricalCrossentropy(one, $0, fromLogits: true) }
    expectClose(same, slope.scalars(of: Double.self), relative: 1e-12, absolute: 0)
    expectClose(
      sparseCategoricalCrossentropy(Tensor([2 as Int32]), scores.softmax(along: 1)),
      [2.9864691e-4], relative: 2e-8, absolute: 0)
  }

  @Test("Scores of 460 overflow no exponential: the owl's loss is 0, the others' their distance")
  func largeScores() {
    let scores = Tensor([[207.55, 34.4, 460.3]])
    for (label, value) in [(0, 252.75), (1, 425.9), (2, 0)] as [(Int32, Double)] {
      let found = sparseCategoricalCrossentropy(Tensor([label]), scores, fromLogits: true).item()
      #expect(abs(found - value) < 1e-4)
    }
  }

  @Test("One neuron: the gradient of its cross-entropy is (ŷ − y) x by w and ŷ − y by b")
  func neuron() {
    let x = Tensor([[0.5, -2, 3]] as [[Double]])
    for (target, bias) in [(1.0, 0.25), (0.0, -1.5)] {
      let w = Tensor([[0.2], [0.4], [-0.1]] as [[Double]])
      let b = Tensor([bias])
      let y = Tensor([[target]])
      func output(_ w: Tensor, _ b: Tensor) -> Tensor { (x.matmul(w) + b).sigmoid() }
      let slopes = gradient(at: [w, b]) { binaryCrossentropy(y, output($0[0], $0[1])) }
      let difference = (output(w, b) - y).item()
      #expect(abs(difference) > 0.05)
      expectClose(
        slopes[0], x.scalars(of: Double.self).map { difference * $0 }, relative: 1e-12, absolute: 0)
      expectClose(slopes[1], [difference], relative: 1e-12, absolute: 0)
    }
  }

  @Test("A cost that adds the examples up has N times the gradient of one that takes their mean")
  func sumAndMean() {
    let y = Tensor([[1], [0], [1], [1], [0]] as [[Double]])
    let p = Tensor([[0.7], [0.4], [0.2], [0.9], [0.6]] as [[Double]])
    let mean = gradient(at: p) { Loss.binaryCrossentropy(y, $0) }
    let sum = gradient(at: p) { Loss.binaryCrossentropy(reduction: .sum)(y, $0) }
    expectClose(
      sum, mean.scalars(of: Double.self).map { $0 * 5 }, relative: 1e-12, absolute: 0)
  }

  /// The input and the pre-activations of the autoencoder of the slides.
  private let input = Tensor([[1, 0, 1, 0]] as [[Double]])
  private let preActivations = Tensor([[0.5, -1, 2, 0]] as [[Double]])

  @Test("An autoencoder's binary loss 1.6074139 is D times Keras' mean, with gradient x̂ − x")
  func binaryAutoencoder() {
    let output = preActivations.sigmoid()
    expectPrinted(output, [0.6224593, 0.2689414, 0.8807971, 0.5])
    let keras = binaryCrossentropy(input, output)
    expectPrinted(keras, [0.4018535])
    expectPrinted(keras * 4, [1.6074139])
    let slope = gradient(at: preActivations) { binaryCrossentropy(input, $0.sigmoid()) * 4 }
    expectPrinted(slope, [-0.3775407, 0.2689414, -0.1192029, 0.5])
    let logits = gradient(at: preActivations) {
      binaryCrossentropy(input, $0, fromLogits: true) * 4
    }
    expectPrinted(logits, [-0.3775407, 0.2689414, -0.1192029, 0.5])
  }

  @Test("An autoencoder's squared loss 1.125 is D / 2 times Keras' mean, with gradient x̂ − x")
  func linearAutoencoder() {
    let keras = meanSquaredError(input, preActivations)
    #expect(keras.item() == 0.5625 && (keras * 2).item() == 1.125)
    let slope = gradient(at: preActivations) { meanSquaredError(input, $0) * 2 }
    #expect(slope.scalars(of: Double.self) == [-0.5, -1, 1, 0])
  }

  @Test("An encoder and a decoder with tied weights: h = σ(b + W x), x̂ = σ(c + Wᵀ h)")
  func tiedWeights() {
    // The gradient of W has both terms: the decoder's, (x̂ − x) hᵀ, and the encoder's.
    let w = Tensor([[0.3, -0.2, 0.1, 0.4], [-0.5, 0.2, 0.6, -0.1]] as [[Double]])
    let x = input.transposed()
    func code(_ w: Tensor) -> Tensor { w.matmul(x).sigmoid() }
    func loss(_ encoder: Tensor, _ decoder: Tensor) -> Tensor {
      let output = decoder.transposed().matmul(code(encoder)).sigmoid()
      return binaryCrossentropy(input, output.transposed()) * 4
    }
    let parts = gradient(at: [w, w]) { loss($0[0], $0[1]) }
    let tied = gradient(at: w) { loss($0, $0) }
    #expect(tied.isClose(to: parts[0] + parts[1], relative: 1e-12, absolute: 1e-15))
    let output = w.transposed().matmul(code(w)).sigmoid()
    let decoder = code(w).matmul((output - x).transposed())
    #expect(parts[1].isClose(to: decoder, relative: 1e-12, absolute: 1e-15))
  }
}
