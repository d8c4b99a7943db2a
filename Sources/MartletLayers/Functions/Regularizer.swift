import MartletTensors

/// A penalty on the size of a weight or of a layer's result, added to the loss.
public struct Regularizer: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let penalty: @Sendable (Tensor) -> Tensor

  /// A regularizer from a closure with one element.
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ penalty: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.penalty = penalty
  }

  /// The penalty, a scalar.
  public func callAsFunction(_ x: Tensor) -> Tensor { penalty(x) }
}
