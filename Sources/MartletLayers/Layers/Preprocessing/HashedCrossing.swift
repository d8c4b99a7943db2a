import MartletTensors

/// A feature that `HashedCrossing` takes: texts, or a tensor of integers, one for each sample.
public protocol CrossedFeature {
  /// What is hashed of each sample, and the shape.
  func hashes(_ who: String) throws(Diagnostic) -> (values: [UInt64], shape: Shape)
}

extension [String]: CrossedFeature {
  public func hashes(_ who: String) throws(Diagnostic) -> (values: [UInt64], shape: Shape) {
    (map { TextHash.fingerprint(Array<UInt8>($0.utf8)) }, [count])
  }
}

extension Tensor: CrossedFeature {
  public func hashes(_ who: String) throws(Diagnostic) -> (values: [UInt64], shape: Shape) {
    guard !dtype.isFloating, rank < 2 || rank == 2 && shape[1] == 1 else {
      throw Diagnostic(
        who, "a feature is not one integer for each sample",
        expected: "integers of the shape [samples], [samples, 1] or []", got: "\(dtype) \(shape)")
    }
    return (try integers(of: self, who).map { UInt64(bitPattern: Int64($0)) }, shape)
  }
}

/// Makes one feature of several: all combinations of their values share `numBins` numbers.
///
///     let crossing = try HashedCrossing(numBins: 5)
///     try crossing(["A", "B", "A"], Tensor([101, 101, 102], dtype: .int64))
///
/// Keras' `HashedCrossing`, with its numbers: the features' hashes are joined one after the other,
/// and the rest by `numBins` is taken.
public struct HashedCrossing: Sendable {
  /// How many numbers there are.
  public let numBins: Int
  /// Whether numbers come back, or rows.
  public let outputMode: CategoryOutput
  private static let modes: [CategoryOutput] = [.int, .oneHot]

  /// Creates the crossing; the mode is `.int` (int64 numbers) or `.oneHot` (float32 rows).
  ///
  /// - Throws: `Diagnostic` for settings that are none.
  public init(numBins: Int, outputMode: CategoryOutput = .int) throws(Diagnostic) {
    try requireBins(numBins, outputMode, among: Self.modes, "HashedCrossing")
    self.numBins = numBins
    self.outputMode = outputMode
  }

  /// Makes the crossing from Keras' names.
  public init(configuration c: Configuration) throws(Diagnostic) {
    try self.init(
      numBins: try c.int("num_bins"),
      outputMode: try c.categoryOutput(default: .int, among: Self.modes))
  }

  /// Class and settings under Keras' names.
  public var configuration: Configuration {
    var c = Configuration("HashedCrossing")
    c["num_bins"] = .int(numBins)
    c["output_mode"] = .string(outputMode.rawValue)
    return c
  }

  /// The numbers of the combinations, int64 of the features' shape, or a row for each.
  ///
  /// - Throws: `Diagnostic` for fewer than two features, for features of different shapes, or for a
  ///   tensor that is not one integer for each sample.
  public func callAsFunction(_ features: any CrossedFeature...) throws(Diagnostic) -> Tensor {
    var found: [(values: [UInt64], shape: Shape)] = []
    for feature in features { found.append(try feature.hashes("HashedCrossing")) }
    guard found.count > 1, found.allSatisfy({ $0.shape == found[0].shape }) else {
      throw Diagnostic(
        "HashedCrossing", "the features do not go together",
        expected: "two or more of one shape", got: "\(found.map(\.shape))")
    }
    // The number that TensorFlow begins with.
    let start: UInt64 = 0xdecaf_caffe
    let numbers = found[0].values.indices.map { sample in
      let hash = found.reduce(start) { joinedHashes($0, $1.values[sample]) }
      return Int64(hash % UInt64(numBins))
    }
    return outputMode.encoded(
      Tensor(numbers, shape: found[0].shape, dtype: .int64), depth: numBins, dtype: .float32
    ).evaluated()
  }
}
