import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct RegressionLossesTests {
  @Test(
    "each sample costs what it costs in Keras 3.15.1",
    arguments: [
      (Loss.meanSquaredError, [0.5, 0.375]),
      (.meanAbsoluteError, [0.6666666865348816, 0.5]),
      (.meanAbsolutePercentageError, [66.66667175292969, 83333376.0]),
      (.huber, [0.25, 0.1875]),
      (.huber(delta: 0.4), [0.18666666746139526, 0.1274999976158142]),
      (.logCosh, [0.22466997802257538, 0.1652134656906128]),
      (.cosineSimilarity, [-0.9759000539779663, -0.9706476330757141]),
      (
        .cosineSimilarity(axis: 0),
        [-0.9486832618713379, -0.986393928527832, -0.9869328737258911]
      ),
    ] as [(Loss, [Double])])
  func values(_ loss: Loss, _ expected: [Double]) {
    expectClose(loss.values(LossTests.y, LossTests.p), expected)
  }

  @Test("logarithms are of one more, and of no negative number")
  func logarithmic() {
    let (y, p) = (Tensor([[0, 3, 2], [1, 0, 4]]), Tensor([[0.5, 2.5, 1], [2, 0.25, 6]]))
    expectClose(Loss.msle.values(y, p), [0.11554481089115143, 0.1091361865401268])
    #expect(Loss.msle(Tensor([-3]), Tensor([-5])).item() == 0)
  }

  @Test("the logarithm of cosh does not overflow")
  func farAway() {
    let found = Loss.logCosh.values(Tensor([[0.0], [0], [0]]), Tensor([[500.0], [-500], [0]]))
    expectClose(found, [500 - 0.6931471805599453, 500 - 0.6931471805599453, 0])
  }

  @Test("the cosine with a vector of zeros is 0")
  func zeros() {
    #expect(Loss.cosineSimilarity(Tensor([[0.0, 0]]), Tensor([[1.0, 2]])).item() == 0)
  }
}
