import MartletTensors

/// What keeps a weight in bounds, applied to it after each update: `.maxNorm(2)`, or any closure.
public struct Constraint: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let project: @Sendable (Tensor) -> Tensor

  /// A constraint from a closure that keeps the shape.
  @_disfavoredOverload
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ project: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.project = {
      Replay.refuse()
      return project($0)
    }
  }

  /// One of the library's own, which does the same each time.
  init(
    _ name: String, _ values: [String: ConfigurationValue] = [:], isLibrary: Bool = true,
    _ project: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.project = project
  }

  /// The weight in bounds.
  public func callAsFunction(_ weight: Tensor) -> Tensor { project(weight) }
}

extension Constraint {
  /// `maxNorm(2)`.
  public static let maxNorm = maxNorm(2)
  /// `unitNorm(axis: 0)`.
  public static let unitNorm = unitNorm(axis: 0)
  /// `minMaxNorm(min: 0, max: 1)`.
  public static let minMaxNorm = minMaxNorm()
  /// Negative elements become 0.
  public static let nonNegative = Constraint("NonNeg") { $0.maximum(0) }

  /// Vectors longer than `limit` are shortened to it: w · clip(‖w‖, 0, limit) / (10⁻⁷ + ‖w‖).
  ///
  /// - Parameters:
  ///   - limit: The longest length.
  ///   - axis: The axes along which a vector's elements stand: 0 for the weights into each unit of a
  ///     dense layer, `[0, 1, 2]` for those into each channel of a 2-D convolution.
  public static func maxNorm(_ limit: Double, axis: some AxisSizes = 0) -> Constraint {
    let axes = axis.axisSizes
    return Constraint("MaxNorm", ["max_value": .number(limit), "axis": value(axes)]) { weight in
      let norms = norms(of: weight, axes)
      return weight * (norms.clipped(to: 0, limit) / (norms + epsilon))
    }
  }

  /// Vectors get length 1: w / (10⁻⁷ + ‖w‖).
  ///
  /// - Parameter axis: The axes along which a vector's elements stand.
  public static func unitNorm(axis: some AxisSizes) -> Constraint {
    let axes = axis.axisSizes
    return Constraint("UnitNorm", ["axis": value(axes)]) { weight in
      weight / (norms(of: weight, axes) + epsilon)
    }
  }

  /// The lengths of vectors are brought between two bounds, or a part of the way there:
  /// w · (rate · clip(‖w‖, min, max) + (1 − rate) · ‖w‖) / (10⁻⁷ + ‖w‖).
  ///
  /// - Parameters:
  ///   - min: The shortest length.
  ///   - max: The longest length.
  ///   - rate: The part of the way, from 0 to 1.
  ///   - axis: The axes along which a vector's elements stand.
  public static func minMaxNorm(
    min: Double = 0, max: Double = 1, rate: Double = 1, axis: some AxisSizes = 0
  ) -> Constraint {
    let axes = axis.axisSizes
    return Constraint(
      "MinMaxNorm",
      [
        "min_value": .number(min), "max_value": .number(max), "rate": .number(rate),
        "axis": value(axes),
      ]
    ) { weight in
      let norms = norms(of: weight, axes)
      let bounded = norms.clipped(to: min, max)
      let desired = rate == 1 ? bounded : bounded * rate + norms * (1 - rate)
      return weight * (desired / (norms + epsilon))
    }
  }

  /// The constraint of one of Keras' names, with its defaults; throws if there is none, listing
  /// those there are.
  public init(named name: String) throws(Diagnostic) {
    self = try Constraint.table.make(Configuration(name))
  }

  /// The constraint that a configuration describes; throws if it is unknown or a hyperparameter is
  /// of another kind.
  public init(configuration: Configuration) throws(Diagnostic) {
    self = try Constraint.table.make(configuration)
  }

  private typealias Entry = NameTable<Constraint>.Entry
  private static let table = NameTable<Constraint>(
    "constraint",
    [
      Entry("NonNeg", "non_negative") { _ in .nonNegative },
      Entry("MaxNorm") { (given) throws(Diagnostic) in
        // Keras 1 and 2 wrote "m" for a while.
        .maxNorm(
          try given.number("max_value", "m", default: 2), axis: try given.ints("axis", default: [0])
        )
      },
      Entry("UnitNorm") { (given) throws(Diagnostic) in
        .unitNorm(axis: try given.ints("axis", default: [0]))
      },
      Entry("MinMaxNorm") { (given) throws(Diagnostic) in
        .minMaxNorm(
          min: try given.number("min_value", default: 0),
          max: try given.number("max_value", default: 1),
          rate: try given.number("rate", default: 1), axis: try given.ints("axis", default: [0]))
      },
    ])

  /// Keras' guard against division by 0.
  private static let epsilon = 1e-7

  private static func norms(of weight: Tensor, _ axes: [Int]) -> Tensor {
    weight.square().sum(along: axes, keepingDimensions: true).sqrt()
  }

  private static func value(_ axes: [Int]) -> ConfigurationValue {
    axes.count == 1 ? .int(axes[0]) : .ints(axes)
  }
}
