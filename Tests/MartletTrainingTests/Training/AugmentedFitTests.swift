import MartletData
import MartletTensors
import Testing

@testable import MartletTraining

/// Training on images that are changed on the way: by a generator, or by layers of the model.
@Suite("Augmented fit")
struct AugmentedFitTests {
  /// 60 images of 8 by 8 pixels, of which the class says which half is bright.
  static let (images, labels): (Tensor, Tensor) = {
    let labels = Tensor((0..<60).map { Int32($0 % 2) })
    let noise = withRandomSeed(4) { Tensor.randomUniform([60, 8, 8, 1]) * 0.3 }
    let columns = Tensor((0..<8).map { Float($0 / 4) }).reshaped(to: [1, 1, 8, 1])
    let side = labels.cast(to: .float32).reshaped(to: [60, 1, 1, 1])
    let bright = columns * side + (1 - columns) * (1 - side)
    return ((noise + bright * 0.7).evaluated(), labels)
  }()

  static func model(_ first: [Layer] = []) throws -> Sequential {
    let model = Sequential(
      first + [
        Conv2D(4, kernelSize: 3, activation: .relu), MaxPool2D(2), Flatten(),
        Dense(2, activation: .softmax),
      ])
    try model.compile(
      optimizer: Adam(learningRate: 0.02), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy])
    return model
  }

  static let generator = ImageDataGenerator(
    rotationRange: 10, zoomRange: 0.1, widthShiftRange: 0.1, heightShiftRange: 0.1,
    verticalFlip: true, validationSplit: 0.2)

  @Test("fit takes what ImageDataGenerator gives, with its validation part, and learns")
  func generator() throws {
    func run() throws -> (History, [[Float]]) {
      try withRandomSeed(5) {
        let model = try Self.model()
        let flow = try Self.generator.flow(
          Self.images, Self.labels, batchSize: 8, subset: .training)
        let validation = try ImageDataGenerator(validationSplit: 0.2).flow(
          Self.images, Self.labels, batchSize: 16, shuffle: false, subset: .validation)
        let history = try model.fit(
          flow, epochs: 10, verbose: .silent, validationData: validation)
        return (history, model.getWeights().map(\.scalars))
      }
    }
    let (history, weights) = try run()
    #expect(history.epochs.count == 10)
    #expect(history.loss.last! < 0.6 * history.loss[0])
    #expect(history["val_accuracy"].last! > 0.9)
    // Images are changed in other threads; what comes of it depends on the seed alone.
    let again = try run()
    #expect(again.0 == history && again.1 == weights)
  }

  @Test("Each epoch of a generator has images of its own, however many steps an epoch has")
  func epochs() throws {
    let model = try Self.model()
    let flow = try Self.generator.flow(Self.images, Self.labels, batchSize: 20, seed: 2)
    var losses: [Double] = []
    // A rate of 0: the loss changes with the images alone.
    try model.compile(
      optimizer: SGD(learningRate: 0), loss: .sparseCategoricalCrossentropy)
    losses = try model.fit(flow, epochs: 3, verbose: .silent).loss
    #expect(Set(losses).count == 3)
    let short = try model.fit(flow, epochs: 2, verbose: .silent, stepsPerEpoch: 2)
    #expect(short.epochs == [0, 1])
  }

  @Test("A generator whose images do not fit the model is refused before the first step")
  func mistake() throws {
    let model = try Self.model()
    try model.build(for: [[nil, 8, 8, 3]])
    let flow = try Self.generator.flow(Self.images, Self.labels)
    #expect(throws: Diagnostic.self) { try model.fit(flow, verbose: .silent) }
    #expect(model.optimizer?.iterations == 0)
  }

  @Test("Random layers of a model change images in training alone, and fit is the same for a seed")
  func layers() throws {
    func run() throws -> (Model, History) {
      try withRandomSeed(6) {
        let model = try Self.model([
          RandomFlip(.vertical), RandomRotation(0.03), RandomZoom(0.1),
          RandomTranslation(0.1, 0.1), RandomContrast(0.2, valueRange: 0...1),
          RandomBrightness(0.1, valueRange: 0...1),
        ])
        let history = try model.fit(
          Self.images, Self.labels, batchSize: 10, epochs: 12, verbose: .silent)
        return (model, history)
      }
    }
    let (model, history) = try run()
    #expect(history.loss.last! < 0.7 * history.loss[0])
    let (again, same) = try run()
    #expect(same == history)
    #expect(again.getWeights().map(\.scalars) == model.getWeights().map(\.scalars))
    // Neither evaluation nor prediction changes an image.
    let result = try model.evaluate(Self.images, Self.labels)
    #expect(try model.evaluate(Self.images, Self.labels).loss == result.loss)
    #expect((result.accuracy ?? 0) > 0.9)
    // In training two calls differ.
    let x = Self.images[0..<4]
    #expect(!model(x, training: true).isEqual(to: model(x, training: true)))
  }
}
