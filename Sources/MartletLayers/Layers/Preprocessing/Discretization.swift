import MartletTensors

/// Turns numbers into those of the bins that they fall into: 0 below the first boundary, 1 from it
/// on, and so on.
///
///     let ages = Discretization(binBoundaries: [18, 65])     // 0, 1 or 2
///     let learnt = Discretization(numBins: 4)
///     try learnt.adapt(values)                               // quartiles
///
/// Keras' `Discretization`. With `.int` the output is int32, in the other modes rows of numbers.
public final class Discretization: Layer, AdaptableLayer {
  /// Where bins begin, in increasing order; nil before `adapt`.
  public private(set) var binBoundaries: [Double]? { didSet { configurationChanged() } }
  /// How many bins `adapt` makes.
  public let numBins: Int?
  /// How coarse the summary is that `adapt` finds boundaries from: 0.01 for hundredths.
  public let epsilon: Double
  /// What becomes of the bins' numbers: `.int`, `.oneHot`, `.multiHot` or `.count`.
  public let outputMode: CategoryOutput

  private static let modes: [CategoryOutput] = [.int, .oneHot, .multiHot, .count]

  /// Creates a layer of given boundaries; traps unless they increase.
  public convenience init(
    binBoundaries: [Double], outputMode: CategoryOutput = .int, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try Self.check(binBoundaries, nil, outputMode)
    }
    self.init(binBoundaries, nil, 0.01, outputMode, name)
  }

  /// Creates a layer that learns its boundaries by `adapt`; traps on a number below 1.
  public convenience init(
    numBins: Int, epsilon: Double = 0.01, outputMode: CategoryOutput = .int, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try Self.check(nil, numBins, outputMode)
    }
    self.init(nil, numBins, epsilon, outputMode, name)
  }

  private init(
    _ boundaries: [Double]?, _ bins: Int?, _ epsilon: Double, _ mode: CategoryOutput,
    _ name: String?
  ) {
    binBoundaries = boundaries
    numBins = bins
    self.epsilon = epsilon
    outputMode = mode
    super.init(name: name)
  }

  private static func check(
    _ boundaries: [Double]?, _ bins: Int?, _ mode: CategoryOutput
  ) throws(Diagnostic) {
    let increase = boundaries.map { zip($0, $0.dropFirst()).allSatisfy { $0 <= $1 } } ?? true
    guard increase, bins ?? 1 >= 1, boundaries != nil || bins != nil, modes.contains(mode) else {
      throw Diagnostic(
        "Discretization", "the settings are none",
        expected: "boundaries that increase, or 1 bin or more; int, one_hot, multi_hot or count",
        got: "boundaries \(boundaries.map { "\($0)" } ?? "none"), "
          + "bins \(bins.map(String.init) ?? "none"), \(mode.rawValue)")
    }
  }

  public convenience init(configuration c: Configuration) throws {
    let boundaries = c["bin_boundaries"] == nil ? nil : try c.numbers("bin_boundaries")
    let bins = try c.optionalInt("num_bins")
    let mode = try c.categoryOutput(default: .int, among: Self.modes)
    try Self.check(boundaries, bins, mode)
    self.init(boundaries, bins, try c.number("epsilon", default: 0.01), mode, nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["bin_boundaries"] = binBoundaries.map { .numbers($0) } ?? .null
    c["num_bins"] = .optional(numBins)
    c["epsilon"] = .number(epsilon)
    c["output_mode"] = .string(outputMode.rawValue)
    c["sparse"] = .bool(false)
    return c
  }

  /// Learns boundaries between which about equally many of the values lie.
  ///
  /// - Throws: `Diagnostic` if the boundaries were given, or if there are no values.
  public func adapt(_ data: Tensor) throws(Diagnostic) { try adapt([data]) }

  /// Learns boundaries between which about equally many of the values of all batches lie.
  ///
  /// - Throws: `Diagnostic` if the boundaries were given, or if there are no values.
  public func adapt(_ batches: some Sequence<Tensor>) throws(Diagnostic) {
    guard let numBins else {
      throw Diagnostic(
        path, "the boundaries were given", expected: "a layer made with numBins", got: "boundaries",
        fix: "make the layer with numBins, then adapt it")
    }
    var summary = QuantileSummary(epsilon: epsilon)
    for batch in batches { summary.add(batch.scalars(of: Float.self)) }
    guard let boundaries = summary.boundaries(of: numBins) else {
      throw Diagnostic(
        path, "there is nothing to adapt to", expected: "one value at least", got: "none")
    }
    binBoundaries = boundaries.map(Double.init)
  }

  public override var outputDType: DType { outputMode == .int ? .int32 : dtype }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    outputMode.shape(input, depth: (binBoundaries?.count).map { $0 + 1 } ?? numBins)
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    guard let binBoundaries else {
      trap(
        Diagnostic(
          path, "the boundaries are not known", expected: "a call of adapt before this one",
          got: "none", fix: "call adapt(values), or give binBoundaries"),
        file: context.file, line: context.line)
    }
    let x = x.cast(to: dtype).expandingDimensions(at: -1)
    let boundaries = Tensor(binBoundaries, shape: [binBoundaries.count]).cast(to: dtype)
    // What is not below a boundary has passed it: NaN passes them all, as in NumPy.
    let below = (x .< boundaries).cast(to: .int32).sum(along: -1)
    let numbers = below * -1.0 + Double(binBoundaries.count)
    return outputMode.encoded(
      numbers, depth: binBoundaries.count + 1, dtype: outputDType)
  }
}

/// Values with weights that stand for all values seen, in increasing order: how Keras finds bins.
///
/// The arithmetic is float32 where that of Keras is.
struct QuantileSummary {
  private let epsilon: Double
  private var values: [Float] = []
  private var weights: [Float] = []

  init(epsilon: Double) { self.epsilon = epsilon }

  /// Takes more values in.
  mutating func add(_ batch: [Float]) {
    if batch.isEmpty { return }
    let sorted = batch.sorted()
    let step = max(Double(sorted.count) * epsilon, 1)
    let picked = stride(from: Int(step - 1), to: sorted.count, by: Int(step)).map { sorted[$0] }
    let added = picked.map { (value: $0, weight: Float(step)) }
    let known = zip(values, weights).map { (value: $0, weight: $1) }
    let merged = (added + known).enumerated().sorted {
      ($0.element.value, $0.offset) < ($1.element.value, $1.offset)
    }.map(\.element)
    values = merged.map(\.value)
    weights = merged.map(\.weight)
    compress(epsilon)
  }

  /// The boundaries of a number of bins; nil where no value was seen.
  func boundaries(of bins: Int) -> [Float]? {
    if values.isEmpty { return nil }
    var summary = self
    summary.compress(1 / Double(bins))
    return Array(summary.values.dropLast())
  }

  /// Brings the summary to 1 / epsilon values at equal parts of the weight.
  private mutating func compress(_ epsilon: Double) {
    if Double(values.count) * epsilon < 1 { return }
    var sums: [Float] = []
    for weight in weights { sums.append((sums.last ?? 0) + weight) }
    guard let total = sums.last else { return }
    let parts = sums.map { Double($0 / total) }
    let count = Int((1 / epsilon).rounded(.up))
    let targets = (0..<count).map { epsilon + Double($0) * epsilon }
    let newSums = Self.interpolated(targets, parts, sums.map(Double.init))
    values = Self.interpolated(targets, parts, values.map(Double.init)).map { Float($0) }
    weights = zip(newSums, [0] + newSums).map { Float($0 - $1) }
  }

  /// The values at places, on straight lines between known ones: NumPy's `interp`.
  private static func interpolated(
    _ places: [Double], _ known: [Double], _ values: [Double]
  ) -> [Double] {
    places.map { place in
      guard let above = known.firstIndex(where: { $0 > place }) else { return values.last ?? 0 }
      if above == 0 { return values[0] }
      let slope = (values[above] - values[above - 1]) / (known[above] - known[above - 1])
      return slope * (place - known[above - 1]) + values[above - 1]
    }
  }
}
