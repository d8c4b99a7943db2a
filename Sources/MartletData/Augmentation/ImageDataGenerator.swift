import MartletTensors

/// Makes new images of given ones, anew in each epoch: turned, shifted, sheared, zoomed, flipped,
/// brighter or darker.
///
///     let generator = ImageDataGenerator(
///       rotationRange: 20, zoomRange: 0.15, widthShiftRange: 0.1, heightShiftRange: 0.1,
///       horizontalFlip: true, verticalFlip: true)
///     try model.fit(try generator.flow(x, y, batchSize: 16), epochs: 10)
///
/// Each image draws its own factors, a function of the seed, the epoch and its number alone: neither
/// the batch size nor the order changes them.
/// - Source: `ImageDataGenerator` of Keras 2, which Keras 3 keeps as `keras._legacy`. Different from
///   it, a shift in width always moves columns and one in height rows, the middle of an image that is
///   not square is its own, and brightness is not rounded to bytes.
public struct ImageDataGenerator: Sendable {
  /// Degrees by which an image is turned at most.
  public var rotationRange: Double
  /// The factors of zooming: f stands for 1 − f … 1 + f; above 1 the image gets smaller.
  public var zoomRange: ClosedRange<Double>
  /// How far columns move at most: below 1 a part of the width, else pixels.
  public var widthShiftRange: Double
  /// How far rows move at most: below 1 a part of the height, else pixels.
  public var heightShiftRange: Double
  /// Degrees by which an image is sheared at most.
  public var shearRange: Double
  /// The factors that pixels are multiplied with, which then are held in 0 … 255, or in 0 … 1 where
  /// no pixel of the data is above 1.
  public var brightnessRange: ClosedRange<Double>?
  /// How much is added to the channels at most, which then are held in the image's own range.
  public var channelShiftRange: Double
  /// Whether half of the images are mirrored left to right.
  public var horizontalFlip: Bool
  /// Whether half of the images are mirrored top to bottom.
  public var verticalFlip: Bool
  /// What stands outside an image.
  public var fillMode: FillMode
  /// The value of `FillMode.constant`.
  public var fillValue: Double
  /// What stands between pixels: `.nearest` or `.bilinear`.
  public var interpolation: Interpolation
  /// What images are multiplied with after all changes, 1/255 say.
  public var rescale: Double?
  /// Whether an image loses its own mean.
  public var samplewiseCenter: Bool
  /// Whether an image loses its own mean and is divided by its own standard deviation.
  public var samplewiseStandardNormalization: Bool
  /// Whether each channel loses its mean over the data given to `fit`.
  public var featurewiseCenter: Bool
  /// Whether each channel loses its mean over the data given to `fit`, and is divided by its
  /// standard deviation over them.
  public var featurewiseStandardNormalization: Bool
  /// The part of the data that is for validation, from 0 to 1: the first images.
  public var validationSplit: Double
  /// What is done to images that have been moved, before they are rescaled: float32
  /// `[batch, height, width, channels]` to the same shape.
  public var preprocessing: (@Sendable (Tensor) -> Tensor)?
  /// What `fit` found, of shape `[channels]`.
  public private(set) var mean: Tensor?
  /// What `fit` found, of shape `[channels]`.
  public private(set) var standardDeviation: Tensor?

  /// Which part of the data to take, where `validationSplit` is set.
  public enum Subset: String, Sendable, Hashable {
    /// What validation leaves.
    case training
    /// The share that `validationSplit` keeps.
    case validation
  }

  /// Creates a generator that changes nothing but what is named; each argument as the property says.
  ///
  /// - Parameter zoomRange: A number f for 1 − f … 1 + f, or the range of factors.
  public init(
    rotationRange: Double = 0, zoomRange: any FactorRange = 0.0, widthShiftRange: Double = 0,
    heightShiftRange: Double = 0, shearRange: Double = 0,
    brightnessRange: ClosedRange<Double>? = nil, channelShiftRange: Double = 0,
    horizontalFlip: Bool = false, verticalFlip: Bool = false, fillMode: FillMode = .nearest,
    fillValue: Double = 0, interpolation: Interpolation = .bilinear, rescale: Double? = nil,
    samplewiseCenter: Bool = false, samplewiseStandardNormalization: Bool = false,
    featurewiseCenter: Bool = false, featurewiseStandardNormalization: Bool = false,
    validationSplit: Double = 0, preprocessing: (@Sendable (Tensor) -> Tensor)? = nil
  ) {
    self.rotationRange = rotationRange
    let zoom = zoomRange.factorBounds
    self.zoomRange =
      zoomRange is ClosedRange<Double> ? zoom : (1 + zoom.lowerBound)...(1 + zoom.upperBound)
    self.widthShiftRange = widthShiftRange
    self.heightShiftRange = heightShiftRange
    self.shearRange = shearRange
    self.brightnessRange = brightnessRange
    self.channelShiftRange = channelShiftRange
    self.horizontalFlip = horizontalFlip
    self.verticalFlip = verticalFlip
    self.fillMode = fillMode
    self.fillValue = fillValue
    self.interpolation = interpolation
    self.rescale = rescale
    self.samplewiseCenter = samplewiseCenter || samplewiseStandardNormalization
    self.samplewiseStandardNormalization = samplewiseStandardNormalization
    self.featurewiseCenter = featurewiseCenter || featurewiseStandardNormalization
    self.featurewiseStandardNormalization = featurewiseStandardNormalization
    self.validationSplit = validationSplit
    self.preprocessing = preprocessing
  }

  /// Learns mean and standard deviation of each channel from images, after `rescale`.
  ///
  /// - Parameter x: `[count, height, width, channels]`.
  /// - Throws: `Diagnostic` if these are no images.
  public mutating func fit(_ x: Tensor) throws(Diagnostic) {
    try Self.check(x, nil)
    var values = x.cast(to: .float32)
    if let rescale { values = values * rescale }
    let mean = values.mean(along: [0, 1, 2])
    let deviation = (values - mean).square().mean(along: [0, 1, 2]).sqrt()
    self.mean = mean.evaluated()
    standardDeviation = deviation.evaluated()
  }

  /// New images of given ones, epoch after epoch, in batches.
  ///
  /// - Parameters:
  ///   - x: Images, `[count, height, width, channels]`, of any type of numbers.
  ///   - y: What should come out for each, its first axis `count`.
  ///   - batchSize: How many make a batch.
  ///   - shuffle: Whether each epoch has an order of its own.
  ///   - seed: What factors and orders follow from; without it, a number from the program's source.
  ///   - subset: Which part, where `validationSplit` is set.
  ///   - sampleWeights: How much each image counts, `[count]`.
  /// - Returns: Batches of float32 images.
  /// - Throws: `Diagnostic` if shapes or settings do not fit, or if a part has not all the classes.
  public func flow(
    _ x: Tensor, _ y: Tensor? = nil, batchSize: Int = 32, shuffle: Bool = true,
    seed: UInt64? = nil, subset: Subset? = nil, sampleWeights: Tensor? = nil
  ) throws(Diagnostic) -> TensorDataset {
    try Self.check(x, y)
    var data = try TensorDataset(x, y, weights: sampleWeights)
    if let subset { data = try part(subset, of: data, y) }
    let largest = brightnessRange == nil || x.count == 0 ? 0 : x.max().item()
    let source = try augmented(data.source, seed: seed, limit: largest > 1 ? 255 : 1)
    let augmented = TensorDataset(source: source)
    try Self.check(batchSize: batchSize)
    return (shuffle ? augmented.shuffled(seed: seed) : augmented).batched(batchSize)
  }

  /// New images of those of a folder, epoch after epoch, in batches; as for tensors.
  ///
  /// With `validationSplit` and a `subset`, the first files of each class, by their paths, are for
  /// validation, the others for training, as in Keras: so both parts have the classes in the same
  /// proportions, whatever the folder's own order is.
  ///
  /// - Throws: `Diagnostic` if settings do not fit or leave a part empty; reading throws
  ///   `FormatError` for bad files.
  public func flow(
    _ folder: ImageFolder, batchSize: Int = 32, shuffle: Bool = true, seed: UInt64? = nil,
    subset: Subset? = nil
  ) throws(Diagnostic) -> Dataset {
    try Self.check(batchSize: batchSize)
    var source: any IndexedBatchSource = folder
    if let subset {
      source = Selected(upstream: folder, choice: .numbers(try part(subset, of: folder)))
    }
    let augmented = Dataset(try augmented(source, seed: seed, limit: 255))
    return (shuffle ? augmented.shuffled(seed: seed) : augmented).batched(batchSize)
  }

  private func augmented(
    _ source: any IndexedBatchSource, seed: UInt64?, limit: Double
  ) throws(Diagnostic) -> AugmentedImages {
    guard interpolation == .nearest || interpolation == .bilinear else {
      throw Diagnostic(
        "ImageDataGenerator", "there is no such interpolation of moved images",
        expected: ".nearest or .bilinear", got: "\(interpolation)")
    }
    guard !featurewiseCenter || mean != nil else {
      throw Diagnostic(
        "ImageDataGenerator", "the mean of the channels is not known",
        expected: "a call of fit before flow, for featurewise settings", got: "none",
        fix: "call fit(x) with the training images")
    }
    return AugmentedImages(
      upstream: source, generator: self, seed: seed ?? freshSeed(), limit: limit)
  }

  private static func check(_ x: Tensor, _ y: Tensor?) throws(Diagnostic) {
    guard x.rank == 4, x.dtype != .bool else {
      throw Diagnostic(
        "ImageDataGenerator", "these are no images",
        expected: "numbers of shape [count, height, width, channels]",
        got: "\(x.dtype) of shape \(x.shape)",
        fix: x.rank == 3 ? "add the axis of the channels, expandingDimensions(at: 3)" : nil)
    }
    if let y, y.shape.first != x.shape[0] {
      throw Diagnostic(
        "ImageDataGenerator", "images and targets are not equally many",
        expected: "\(x.shape[0]) targets", got: "shape \(y.shape)")
    }
  }

  private static func check(batchSize: Int) throws(Diagnostic) {
    if batchSize < 1 {
      throw Diagnostic(
        "ImageDataGenerator", "the batch size is none", expected: "1 or more", got: "\(batchSize)")
    }
  }

  /// The first images are for validation, the others for training, as in Keras.
  private func part(
    _ subset: Subset, of data: TensorDataset, _ y: Tensor?
  ) throws(Diagnostic) -> TensorDataset {
    let count = Int(Double(data.count) * validationSplit)
    try checkSplit(count, of: data.count)
    if let y, y.rank == 1, y.dtype == .int32 || y.dtype == .int64 || y.dtype == .uint8 {
      let labels = y.scalars(of: Int.self)
      let (validation, training) = (Set(labels[..<count]), Set(labels[count...]))
      guard validation == training else {
        throw Diagnostic(
          "ImageDataGenerator", "the two parts have different classes",
          expected: "every class in the first \(count) images and in the others",
          got: "classes \(validation.symmetricDifference(training).sorted()) in one part only",
          fix: "shuffle images and labels first: sorted data cannot be split so")
      }
    }
    return subset == .validation ? data.taking(count) : data.skipping(count)
  }

  /// The numbers of a folder's files that are in a part, in the folder's order.
  private func part(
    _ subset: Subset, of folder: ImageFolder
  ) throws(Diagnostic) -> [Int] {
    let classes = Dictionary(grouping: folder.files.indices) { folder.labels[$0] }
    var validation = Set<Int>()
    for numbers in classes.values {
      let sorted = numbers.sorted { folder.files[$0].path < folder.files[$1].path }
      validation.formUnion(sorted.prefix(Int(Double(sorted.count) * min(validationSplit, 1))))
    }
    try checkSplit(validation.count, of: folder.count)
    return folder.files.indices.filter { validation.contains($0) == (subset == .validation) }
  }

  private func checkSplit(_ count: Int, of all: Int) throws(Diagnostic) {
    guard validationSplit > 0, validationSplit < 1, count > 0, count < all else {
      throw Diagnostic(
        "ImageDataGenerator", "the validation split leaves a part empty",
        expected: "a number between 0 and 1 that leaves both parts images",
        got: "\(validationSplit) of \(all) images")
    }
  }
}
