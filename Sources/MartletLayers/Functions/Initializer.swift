import MartletTensors

/// How the first value of a weight is made.
public struct Initializer: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let make: @Sendable (Shape, DType, RandomSource?) -> Tensor

  /// An initializer from a closure of shape, element type and source of random numbers (nil: the
  /// one that `withRandomSeed` set).
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ make: @escaping @Sendable (Shape, DType, RandomSource?) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.make = make
  }

  /// A first value.
  public func callAsFunction(
    _ shape: Shape, dtype: DType = .float32, using source: RandomSource? = nil
  ) -> Tensor {
    make(shape, dtype, source)
  }
}
