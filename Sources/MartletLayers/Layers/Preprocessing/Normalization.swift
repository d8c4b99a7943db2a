import MartletTensors

/// A layer that learns from data before a model is trained, without gradients.
public protocol AdaptableLayer: ConfigurableLayer {
  /// Learns from data, the samples along the first axis.
  func adapt(_ data: Tensor) throws
}

/// Brings each feature to mean 0 and variance 1 of data seen before:
/// y = (x − mean) / max(√variance, 10⁻⁷).
///
///     let normalization = Normalization()
///     try normalization.adapt(trainingFeatures)
///
/// Keras' `Normalization`. Weights, not trainable, unless mean and variance are given: mean and
/// variance of the sizes of `axis`, and a count that nothing reads.
public final class Normalization: Layer, AdaptableLayer {
  /// The axes that keep their own mean and variance; none: one mean for all elements.
  public let axis: [Int]
  /// Whether normalized data is brought back: y = mean + x · max(√variance, 10⁻⁷).
  public let invert: Bool
  private let given: (mean: Tensor, variance: Tensor)?
  private let givenValues: (mean: ConfigurationValue, variance: ConfigurationValue)
  private var mean: Variable?
  private var variance: Variable?

  /// Creates a layer that learns mean and variance by `adapt`.
  public convenience init(axis: Int, invert: Bool = false, name: String? = nil) {
    self.init(axis: [axis], invert: invert, name: name)
  }

  /// Creates a layer for several axes, or with a given mean and variance; traps unless both or
  /// neither are given, in one shape of at most as many axes as `axis`.
  ///
  /// - Parameters:
  ///   - axis: The axes that keep their own mean and variance; negative: from the end.
  ///   - mean: The mean: a scalar, or of the last sizes of `axis`.
  ///   - variance: The variance, of the same shape.
  ///   - invert: Whether normalized data is brought back.
  public convenience init(
    axis: [Int] = [-1], mean: Tensor? = nil, variance: Tensor? = nil, invert: Bool = false,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    let given = trapping(file, line) { () throws(Diagnostic) in
      try Self.checked(mean, variance, axis)
    }
    self.init(axis, given, (mean?.asValue ?? .null, variance?.asValue ?? .null), invert, name)
  }

  private init(
    _ axis: [Int], _ given: (mean: Tensor, variance: Tensor)?,
    _ values: (ConfigurationValue, ConfigurationValue), _ invert: Bool, _ name: String?
  ) {
    self.axis = axis
    self.given = given
    givenValues = values
    self.invert = invert
    super.init(name: name)
  }

  private static func checked(
    _ mean: Tensor?, _ variance: Tensor?, _ axis: [Int]
  ) throws(Diagnostic) -> (mean: Tensor, variance: Tensor)? {
    if mean == nil, variance == nil { return nil }
    guard let mean, let variance, mean.shape == variance.shape, mean.rank <= max(axis.count, 0)
    else {
      throw Diagnostic(
        "Normalization", "mean and variance do not go together",
        expected: "both or neither, of one shape with at most \(axis.count) axes",
        got: "mean of \(mean?.shape.description ?? "nothing"), "
          + "variance of \(variance?.shape.description ?? "nothing")")
    }
    return (mean, variance)
  }

  public convenience init(configuration c: Configuration) throws {
    let axis = c.values["axis"] == .null ? [] : try c.ints("axis", default: [-1])
    let mean = try c.tensor("mean")
    let variance = try c.tensor("variance")
    // A scalar serves any axes, none included.
    let scalars = mean?.rank == 0 && variance?.rank == 0
    let given =
      scalars
      ? mean.flatMap { m in variance.map { (m, $0) } } : try Self.checked(mean, variance, axis)
    self.init(
      axis, given, (c["mean"] ?? .null, c["variance"] ?? .null),
      try c.bool("invert", default: false), nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = .ints(axis)
    c["invert"] = .bool(invert)
    c["mean"] = givenValues.mean
    c["variance"] = givenValues.variance
    return c
  }

  /// The axes kept, counted from the front, in order.
  private func keptAxes(of input: PartialShape) throws(Diagnostic) -> [Int] {
    guard axis.allSatisfy({ (-input.count..<input.count).contains($0) }) else {
      throw Diagnostic(
        path, "an axis is out of range", expected: "axes in \(-input.count) ..< \(input.count)",
        got: "\(axis) for input \(input.text)")
    }
    return axis.map { $0 < 0 ? $0 + input.count : $0 }.sorted()
  }

  public override func build(_ input: PartialShape) throws {
    var sizes: [Int] = []
    for axis in try keptAxes(of: input) { sizes.append(try known(axis, of: input)) }
    if given != nil { return }
    mean = addWeight("mean", sizes, .zeros, trainable: false)
    variance = addWeight("variance", sizes, .ones, trainable: false)
    addWeight("count", [], .zeros, trainable: false, dtype: .int32)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    if let built = builtShapes.first {
      try require(rank: built.count, input)
      for axis in try keptAxes(of: input) {
        if let size = built[axis] { try require(axis: axis, of: input, is: size) }
      }
    }
    return input
  }
  public override var supportsMasking: Bool { true }

  /// Learns mean and (biased) variance from data.
  ///
  /// - Parameter data: The samples along the first axis.
  /// - Throws: `Diagnostic` if mean and variance were given, or if the data does not fit the layer.
  public func adapt(_ data: Tensor) throws { try adapt([data]) }

  /// Learns mean and (biased) variance from batches of data, all counted together.
  ///
  /// - Throws: `Diagnostic` if mean and variance were given, if there is no batch, or if one does not
  ///   fit the layer.
  public func adapt(_ batches: some Sequence<Tensor>) throws {
    if given != nil {
      throw Diagnostic(
        path, "mean and variance were given", expected: "a layer without them", got: "both",
        fix: "make the layer without mean and variance, then adapt it")
    }
    var total: (mean: Tensor, variance: Tensor, count: Double)?
    for batch in batches {
      let shape: PartialShape = [nil] + batch.shape.dropFirst().map(Optional.some)
      try build(for: [shape], dtypes: [batch.dtype])
      _ = try outputShape(batch.shape.map(Optional.some))
      let kept = try keptAxes(of: shape)
      let reduced = batch.shape.indices.filter { !kept.contains($0) }
      let x = batch.cast(to: dtype)
      let mean = x.mean(along: reduced, keepingDimensions: true)
      let variance = (x - mean).square().mean(along: reduced, keepingDimensions: true)
      let count = Double(reduced.reduce(1) { $0 * batch.shape[$1] })
      guard let before = total else {
        total = (mean.evaluated(), variance.evaluated(), count)
        continue
      }
      let part = count / (before.count + count)
      let joined = before.mean * (1 - part) + mean * part
      let spread =
        (before.variance + (before.mean - joined).square()) * (1 - part)
        + (variance + (mean - joined).square()) * part
      total = (joined.evaluated(), spread.evaluated(), before.count + count)
    }
    guard let total, let mean, let variance else {
      throw Diagnostic(
        path, "there is nothing to adapt to", expected: "one batch at least", got: "none")
    }
    mean.assign(total.mean.reshaped(to: mean.shape))
    variance.assign(total.variance.reshaped(to: variance.shape))
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let x = x.cast(to: dtype)
    let kept = axis.map { $0 < 0 ? $0 + x.rank : $0 }.sorted()
    var shape = [Int](repeating: 1, count: x.rank)
    let statistics: (mean: Tensor, variance: Tensor)
    if let given {
      // A mean of fewer axes is that of the last kept ones.
      for (axis, size) in zip(kept.reversed(), given.mean.shape.reversed()) { shape[axis] = size }
      statistics = given
    } else {
      for axis in kept { shape[axis] = x.shape[axis] }
      guard let mean, let variance else { return x }
      statistics = (mean.value, variance.value)
    }
    let mean = statistics.mean.cast(to: dtype).reshaped(to: shape)
    let deviation = statistics.variance.cast(to: dtype).reshaped(to: shape).sqrt().maximum(1e-7)
    return invert ? mean + x * deviation : (x - mean) / deviation
  }
}

extension Configuration {
  /// Numbers nested in lists as a tensor, or nil where they are missing or null.
  fileprivate func tensor(_ key: String) throws(Diagnostic) -> Tensor? {
    guard let value = self[key] else { return nil }
    var shape: Shape = []
    var level = value
    while case .list(let values) = level {
      shape.append(values.count)
      guard let first = values.first else { break }
      level = first
    }
    var numbers: [Double] = []
    func gather(_ value: ConfigurationValue) {
      if case .list(let values) = value {
        values.forEach(gather)
      } else if let number = value.asNumber {
        numbers.append(number)
      }
    }
    gather(value)
    guard numbers.count == shape.reduce(1, *) else {
      throw Diagnostic(
        className, "\"\(key)\" of its configuration is of another kind",
        expected: "numbers, or lists of equally many", got: value.text)
    }
    return Tensor(numbers, shape: shape, dtype: .float32)
  }
}

extension Tensor {
  /// The elements as nested lists.
  fileprivate var asValue: ConfigurationValue {
    let numbers = scalars(of: Double.self)
    var next = 0
    func value(_ shape: ArraySlice<Int>) -> ConfigurationValue {
      guard let size = shape.first else {
        next += 1
        return .number(numbers[next - 1])
      }
      return .list((0..<size).map { _ in value(shape.dropFirst()) })
    }
    return value(shape[...])
  }
}
