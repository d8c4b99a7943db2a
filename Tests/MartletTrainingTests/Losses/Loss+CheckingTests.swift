import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Loss checking")
struct LossCheckingTests {
  func mistake(_ loss: Loss, _ target: Shape, _ prediction: Shape) -> String? {
    do throws(Diagnostic) {
      try loss.check(targetShape: target, predictionShape: prediction)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("shapes that fit are fine")
  func fits() {
    #expect(mistake(.mse, [4, 3], [4, 3]) == nil)
    #expect(mistake(.mse, [4], [4, 1]) == nil)
    #expect(mistake(.mse, [4, 5, 1], [4, 5]) == nil)
    #expect(mistake(.sparseCategoricalCrossentropy, [4], [4, 3]) == nil)
    #expect(mistake(.sparseCategoricalCrossentropy, [4, 1], [4, 3]) == nil)
    #expect(mistake(.sparseCategoricalCrossentropy(axis: 1), [4, 6], [4, 3, 6]) == nil)
    #expect(mistake(.ctc, [4, 3], [4, 9, 7]) == nil)
    #expect(mistake(Loss("own") { y, _ in y }, [4, 9], [3]) == nil)
  }

  @Test("one-hot targets with the sparse loss")
  func oneHotWithSparse() {
    #expect(
      mistake(.sparseCategoricalCrossentropy, [32, 10], [32, 10]) == """
        sparse_categorical_crossentropy: the targets do not fit the predictions.
          expected [32] or [32, 1], one class number for each row of [32, 10]
          got      [32, 10]
          fix      use categorical_crossentropy for one-hot targets, or argmax(along: -1)
        """)
  }

  @Test("class numbers with the categorical loss")
  func sparseWithOneHot() {
    #expect(
      mistake(.categoricalCrossentropy, [32, 1], [32, 10]) == """
        categorical_crossentropy: the targets do not have the shape of the predictions.
          expected [32, 10], a number for each class
          got      [32, 1]
          fix      turn class numbers into rows with oneHot(depth: 10), or use \
        sparse_categorical_crossentropy
        """)
  }

  @Test("shapes that would broadcast in silence")
  func broadcasting() {
    #expect(
      mistake(.mse, [32, 1], [32, 10]) == """
        mean_squared_error: the targets do not have the shape of the predictions.
          expected [32, 10]
          got      [32, 1]
          fix      give the last layer 1 unit
        """)
    #expect(mistake(.mse, [32], [32, 10]) != nil)
  }

  @Test("an axis that predictions do not have")
  func axis() {
    let found = mistake(.categoricalCrossentropy(axis: 3), [4, 3], [4, 3])
    #expect(found?.contains("axis 3 with the classes") == true)
  }

  @Test("a raw call traps with the shapes")
  func trapped() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Loss.mse(Tensor.zeros([4, 2]), Tensor.zeros([4, 3]))
    }
    expectMessage(result, "mean_squared_error: the targets do not have the shape")
  }

  @Test("weights that fit no axis trap with the shapes")
  func trappedWeights() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let y = Tensor.zeros([4, 2])
      _ = Loss.mse(y, y, sampleWeight: Tensor.ones([3]))
    }
    expectMessage(result, "the sample weights or the mask do not fit the samples")
  }

  @Test("labels out of range are found with their place")
  func labelRange() throws {
    let loss = Loss.sparseCategoricalCrossentropy
    try loss.check(targets: Tensor([0, 9, 3]), predictionShape: [1, 10])
    for (labels, text) in [
      (Tensor([0, 10, 3]), "got      10 at element 1 of targets [3]"),
      (Tensor([0, 3, -1]), "got      -1 at element 2 of targets [3]"),
      (Tensor([0.5, 3, 1]), "got      0.5 at element 0 of targets [3]"),
      (Tensor([0, .infinity, 1]), "got      inf at element 1 of targets [3]"),
    ] {
      let error = #expect(throws: Diagnostic.self) {
        try loss.check(targets: labels, predictionShape: [1, 10])
      }
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }
    let ignoring = Loss.sparseCategoricalCrossentropy(ignoreClass: -1)
    try ignoring.check(targets: Tensor([0, 3, -1]), predictionShape: [1, 10])
    #expect(throws: Diagnostic.self) {
      try ignoring.check(targets: Tensor([0, 3, -2]), predictionShape: [1, 10])
    }
    #expect(loss.classCount(predictionShape: [5, 10]) == 10)
    #expect(Loss.mse.classCount(predictionShape: [5, 10]) == nil)
  }
}
