import MartletTensors

/// How one weight of a layer is first made, penalized and kept in bounds; under Keras' names
/// `kernel_initializer`, `kernel_regularizer`, `kernel_constraint`.
public struct WeightOptions: Sendable {
  /// What its first values are.
  public var initializer: Initializer
  /// Its penalty.
  public var regularizer: Regularizer?
  /// What holds after each step of training.
  public var constraint: Constraint?

  /// The three options of one weight.
  public init(
    _ initializer: Initializer, _ regularizer: Regularizer? = nil, _ constraint: Constraint? = nil
  ) {
    self.initializer = initializer
    self.regularizer = regularizer
    self.constraint = constraint
  }

  /// Reads the options of the weight `prefix`.
  public init(
    _ configuration: Configuration, _ prefix: String, _ initializer: Initializer
  ) throws(Diagnostic) {
    self.initializer = try configuration.initializer(prefix + "_initializer", default: initializer)
    regularizer = try configuration.regularizer(prefix + "_regularizer")
    constraint = try configuration.constraint(prefix + "_constraint")
  }

  /// Writes the options of the weight `prefix`.
  public func write(to configuration: inout Configuration, _ prefix: String) {
    configuration[prefix + "_initializer"] = .configuration(initializer.configuration)
    configuration[prefix + "_regularizer"] = .optional(regularizer?.configuration)
    configuration[prefix + "_constraint"] = .optional(constraint?.configuration)
  }
}

extension Configuration {
  /// An activation; `linear` where it is missing.
  public func activation(
    _ key: String = "activation", default fallback: ActivationFunction = .linear
  ) throws(Diagnostic) -> ActivationFunction {
    guard let nested = try configuration(key) else { return fallback }
    return try ActivationFunction(configuration: nested)
  }
  /// An initializer.
  public func initializer(
    _ key: String, default fallback: Initializer
  ) throws(Diagnostic) -> Initializer {
    guard let nested = try configuration(key) else { return fallback }
    return try Initializer(configuration: nested)
  }
  /// A regularizer, or nil where it is missing or null.
  public func regularizer(_ key: String) throws(Diagnostic) -> Regularizer? {
    guard let nested = try configuration(key) else { return nil }
    return try Regularizer(configuration: nested)
  }
  /// A constraint, or nil where it is missing or null.
  public func constraint(_ key: String) throws(Diagnostic) -> Constraint? {
    guard let nested = try configuration(key) else { return nil }
    return try Constraint(configuration: nested)
  }
}

extension Layer {
  /// Makes a weight with its options; to be called from `build`.
  public final func addWeight(_ name: String, _ shape: Shape, _ options: WeightOptions) -> Variable
  {
    addWeight(
      name, shape, options.initializer, regularizer: options.regularizer,
      constraint: options.constraint)
  }
}
