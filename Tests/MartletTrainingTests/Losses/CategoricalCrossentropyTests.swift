import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct CategoricalCrossentropyTests {
  static let labels = Tensor([0, 1, 2, 2], dtype: .int32)
  static let oneHot = labels.oneHot(depth: 3)
  /// The third row is sure and wrong, the fourth does not sum to 1.
  static let p = Tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [1, 0, 0], [0.2, 0.2, 0.2]])
  static let logits = Tensor([[2, -1, 0.5], [0, 3, -2], [1, 1, 1], [100, -100, 0]])

  static let plain = [
    0.3566749691963196, 1.2039728164672852, 16.11809539794922, 1.0986123085021973,
  ]
  static let ofLogits = [0.24131132662296295, 0.05498521029949188, 1.0986123085021973, 100]

  @Test("distributions and class numbers cost the same, sure and wrong 16.118")
  func values() {
    expectClose(Loss.categoricalCrossentropy.values(Self.oneHot, Self.p), Self.plain)
    expectClose(Loss.sparseCategoricalCrossentropy.values(Self.labels, Self.p), Self.plain)
    expectClose(
      Loss.categoricalCrossentropy(fromLogits: true).values(Self.oneHot, Self.logits),
      Self.ofLogits)
    expectClose(
      Loss.sparseCategoricalCrossentropy(fromLogits: true).values(Self.labels, Self.logits),
      Self.ofLogits)
  }

  @Test("smoothing spreads a part of the target over all classes")
  func smoothing() {
    expectClose(
      Loss.categoricalCrossentropy(labelSmoothing: 0.1).values(Self.oneHot, Self.p),
      [0.46329742670059204, 1.217488408088684, 15.580825805664062, 1.0986124277114868])
    expectClose(
      Loss.categoricalCrossentropy(fromLogits: true, labelSmoothing: 0.1)
        .values(Self.oneHot, Self.logits),
      [0.3913113474845886, 0.3216518759727478, 1.0986124277114868, 100])
  }

  @Test("classes may lie along any axis")
  func axis() {
    let (y, p) = (Self.oneHot.transposed(), Self.p.transposed())
    let logits = Self.logits.transposed()
    expectClose(Loss.categoricalCrossentropy(axis: 0).values(y, p), Self.plain)
    expectClose(Loss.sparseCategoricalCrossentropy(axis: 0).values(Self.labels, p), Self.plain)
    expectClose(
      Loss.categoricalCrossentropy(fromLogits: true, axis: 0).values(y, logits), Self.ofLogits)
    expectClose(
      Loss.sparseCategoricalCrossentropy(fromLogits: true, axis: 0).values(Self.labels, logits),
      Self.ofLogits)
  }

  @Test("an ignored class does not count in the mean")
  func ignoredClass() {
    let loss = Loss.sparseCategoricalCrossentropy(ignoreClass: 1)
    expectClose(
      loss.values(Self.labels, Self.p),
      [0.3566749691963196, 0, 16.11809539794922, 1.0986123085021973])
    expectClose(loss(Self.labels, Self.p), [5.857794761657715])
    expectClose(
      Loss.sparseCategoricalCrossentropy(ignoreClass: 1, reduction: .sum)(Self.labels, Self.p),
      [17.573381423950195])
    // Its number need not be a class.
    let padded = Tensor([0, -1, 2, 2], dtype: .int32)
    expectClose(
      Loss.sparseCategoricalCrossentropy(ignoreClass: -1)(padded, Self.p), [5.857794761657715])
    let slope = gradient(at: Self.p) {
      Loss.sparseCategoricalCrossentropy(ignoreClass: -1)(padded, $0)
    }
    #expect(slope.scalars.contains { $0.isNaN } == false)
    #expect(slope[1].scalars == [0, 0, 0])
  }

  @Test(
    "class numbers may be of any type and have an axis of size 1",
    arguments: [DType.uint8, .int32, .int64, .float32])
  func labelTypes(_ dtype: DType) {
    let labels = Self.labels.cast(to: dtype)
    for shape in [[4], [4, 1]] {
      expectClose(
        Loss.sparseCategoricalCrossentropy.values(labels.reshaped(to: shape), Self.p), Self.plain)
    }
  }

  @Test("crossentropy chooses by the shapes")
  func resolved() {
    expectClose(Loss.crossentropy.values(Self.oneHot, Self.p), Self.plain)
    expectClose(Loss.crossentropy.values(Self.labels, Self.p), Self.plain)
    let (y, p) = (Tensor([[1.0], [0]]), Tensor([[0.25], [0.5]]))
    #expect(Loss.crossentropy(y, p).item() == Loss.binaryCrossentropy(y, p).item())
    #expect(throws: Diagnostic.self) {
      try Loss.crossentropy.check(targetShape: [5, 2], predictionShape: [5, 3])
    }
  }

  @Test("labels that are no class end the process", arguments: [3, -1])
  func wrongLabels(_ label: Int) async {
    await #expect(processExitsWith: .failure) { [label] in
      let p = Tensor([[0.25, 0.25, 0.5]])
      _ = Loss.sparseCategoricalCrossentropy(Tensor([label], dtype: .int32), p).item()
    }
  }
}
