import MartletTensors

/// How the first value of a weight is made: `.glorotUniform`, `.zeros`, `.orthogonal(gain: 2)`, or
/// any closure.
public struct Initializer: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let make: @Sendable (Shape, DType, RandomSource?) -> Tensor
  /// What is wrong with a shape; nil where nothing is.
  var mistake: @Sendable (Shape) -> Diagnostic? = { _ in nil }

  /// An initializer from a closure of shape, element type and source of random numbers (nil: the
  /// one that `withRandomSeed` set).
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ make: @escaping @Sendable (Shape, DType, RandomSource?) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.make = make
  }

  /// A first value; traps on a shape that the initializer cannot fill.
  ///
  /// A layer that asks for one does not trap: its `build` throws.
  public func callAsFunction(
    _ shape: Shape, dtype: DType = .float32, using source: RandomSource? = nil
  ) -> Tensor {
    make(shape, dtype, source)
  }
}

extension Initializer {
  /// The initializer of one of Keras' names, with its defaults; throws if there is none, listing
  /// those there are.
  public init(named name: String) throws(Diagnostic) {
    self = try Initializer.table.make(Configuration(name))
  }

  /// The initializer that a configuration describes; throws if it is unknown or a hyperparameter is
  /// of another kind.
  public init(configuration: Configuration) throws(Diagnostic) {
    self = try Initializer.table.make(configuration)
  }

  private typealias Entry = NameTable<Initializer>.Entry
  private static let table = NameTable<Initializer>(
    "initializer",
    scalings + [
      Entry("Zeros", "zero") { _ in .zeros },
      Entry("Ones", "one") { _ in .ones },
      Entry("Constant") { (given) throws(Diagnostic) in
        .constant(try given.number("value", default: 0))
      },
      Entry("Identity", "IdentityInitializer") { (given) throws(Diagnostic) in
        .identity(gain: try given.number("gain", default: 1))
      },
      Entry("Orthogonal", "OrthogonalInitializer") { (given) throws(Diagnostic) in
        .orthogonal(gain: try given.number("gain", default: 1), seed: given.seed)
      },
      Entry("RandomNormal", "normal") { (given) throws(Diagnostic) in
        .randomNormal(
          mean: try given.number("mean", default: 0),
          standardDeviation: try given.deviation(), seed: given.seed)
      },
      Entry("TruncatedNormal") { (given) throws(Diagnostic) in
        .truncatedNormal(
          mean: try given.number("mean", default: 0),
          standardDeviation: try given.deviation(), seed: given.seed)
      },
      Entry("RandomUniform", "uniform") { (given) throws(Diagnostic) in
        let low = try given.number("minval", default: -0.05)
        let high = try given.number("maxval", default: 0.05)
        guard low <= high else {
          throw Diagnostic(
            "RandomUniform", "the bounds are not in order", expected: "minval ≤ maxval",
            got: "\(low) and \(high)")
        }
        return .randomUniform(low: low, high: high, seed: given.seed)
      },
    ])
}

extension Configuration {
  /// The seed of an initializer; nil where there is none, or where Keras kept a generator.
  var seed: Int? { self["seed"]?.asInt }

  fileprivate func deviation() throws(Diagnostic) -> Double {
    let deviation = try number("stddev", default: 0.05)
    guard deviation >= 0 else {
      throw Diagnostic(
        className, "\"stddev\" is no standard deviation", expected: "0 or more",
        got: "\(deviation)")
    }
    return deviation
  }
}
