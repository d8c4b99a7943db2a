import MartletTensors

/// A function that a layer applies to its result: `.relu`, `.softmax`, or any closure.
public struct ActivationFunction: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let function: @Sendable (Tensor) -> Tensor

  /// An activation from a closure; files keep only its name.
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.function = function
  }

  /// The function's value.
  public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}
