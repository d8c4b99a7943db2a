import MartletLayers
import MartletTensors
import Testing

/// Penalties, batch normalization and dropout of the course slides.
@Suite("Course regularization")
struct CourseRegularizationTests {
  @Test("L1 and L2 of [1, −2, ½] with λ = 0.01: 0.035 and 0.0525, no ½ in front of L2")
  func penalties() {
    let w = Tensor([1, -2, 0.5] as [Double])
    let rows: [(Regularizer, Double, [Double])] = [
      (.l1(0.01), 0.035, [0.01, -0.01, 0.01]), (.l2(0.01), 0.0525, [0.02, -0.04, 0.01]),
    ]
    for (penalty, value, slopes) in rows {
      expectPrinted(penalty(w), [value])
      expectPrinted(gradient(at: w) { penalty($0) }, slopes)
    }
  }

  @Test("A layer's penalty leaves out its bias, and its weight decay is a term of the loss")
  func layerPenalty() throws {
    let layer = Dense(1, kernelRegularizer: .l2(1e-4))
    let x = Tensor([[0.0, 0, 0]])
    _ = layer(x)
    try layer.setWeights([Tensor([[1.0], [-2], [0.5]]), Tensor([100.0])])
    #expect(abs(layer.regularizationLosses.map { $0.item() }.reduce(0, +) - 5.25e-4) < 1e-9)
    // Of inputs that are 0 the loss alone has no slope: what is left is 2 λ w.
    let slopes = valueAndGradient(of: layer.trainableVariables) {
      layer.regularizationLosses.reduce(layer(x).sum()) { $0 + $1 }
    }.gradients
    expectPrinted(slopes[0], [2e-4, -4e-4, 1e-4])
    expectPrinted(slopes[1], [1])
  }

  @Test("With orthonormal inputs Lasso makes 3 and ½ to 2½ and exactly 0, Ridge to 1½ and ¼")
  func lassoAndRidge() throws {
    // The slide's cost: a sum of squares, no ½ and no mean, and λ = 1. The inputs are the identity,
    // so the best weights without a penalty are the targets.
    let targets = Tensor([[3.0], [0.5]])
    func layer(_ penalty: Regularizer, _ weights: [Float]) throws -> Dense {
      let layer = Dense(1, useBias: false, kernelRegularizer: penalty)
      _ = layer(.eye(2))
      try layer.setWeights([Tensor(weights).reshaped(to: [2, 1])])
      return layer
    }
    func cost(_ layer: Dense) -> Tensor {
      layer.regularizationLosses.reduce((layer(.eye(2)) - targets).square().sum()) { $0 + $1 }
    }
    let rows: [(Regularizer, [Float])] = [(.l1(1), [2.5, 0]), (.l2(1), [1.5, 0.25])]
    for (penalty, best) in rows {
      let found = try layer(penalty, best)
      let least = cost(found).item()
      for change in [[1e-2, 0], [-1e-2, 0], [0, 1e-2], [0, -1e-2]] as [[Float]] {
        let moved = zip(best, change).map { $0 + $1 }
        #expect(cost(try layer(penalty, moved)).item() > least, "\(moved)")
      }
      let slopes = valueAndGradient(of: found.trainableVariables) { cost(found) }.gradients[0]
      // At exactly 0 the penalty has a kink, which holds a slope of up to λ: here −1.
      #expect(slopes.scalars == (best[1] == 0 ? [0, -1] : [0, 0]))
    }
    // Descent finds Ridge's weights, β / (1 + λ).
    let descent = try layer(.l2(1), [0, 0])
    for _ in 0..<60 {
      let slope = valueAndGradient(of: descent.trainableVariables) { cost(descent) }.gradients[0]
      descent.trainableVariables[0].assign(descent.trainableVariables[0].value - slope * 0.1)
    }
    #expect(
      descent.getWeights()[0].isClose(to: Tensor([[1.5], [0.25]]), relative: 1e-6, absolute: 0))
  }

  @Test("BatchNorm of 1, 2, 4 by the biased variance, and what its averages remember")
  func batchNorm() {
    let layer = BatchNorm()
    let y = layer(Tensor([[1.0], [2], [4]]), training: true)
    #expect(
      y.isClose(
        to: Tensor([[-1.0687015], [-0.2671754], [1.3358769]]), relative: 0, absolute: 3e-7))
    let x = Tensor([1, 2, 4] as [Double])
    expectPrinted(x.mean(), [2.3333333])
    expectPrinted(x.variance(), [1.5555556])
    let averages = layer.nonTrainableVariables.map { $0.value.item() }
    #expect(abs(averages[0] - 0.0233333) < 6e-8 && abs(averages[1] - 1.0055556) < 2e-7)
  }

  @Test("What dropout keeps is divided by the probability of keeping, so the expectation stays")
  func dropoutScale() {
    // The paper's p is the probability to keep, and scales weights at test time; the rate is 1 − p.
    for keep in [0.8, 0.5, 0.25] {
      let ones = Tensor.ones([400, 100])
      let layer = Dropout(1 - keep, seed: 3)
      let y = layer(ones, training: true)
      #expect(Set(y.scalars) == [0, Float(1 / keep)])
      // Within five standard errors of the mean of 40,000 draws.
      let error = ((1 - keep) / keep / 40_000).squareRoot()
      #expect(abs(y.mean().item() - 1) < 5 * error)
      #expect(layer(ones).isEqual(to: ones))
    }
  }
}
