import MartletTensors

/// What keeps a weight in bounds: applied to it after each update.
public struct Constraint: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let project: @Sendable (Tensor) -> Tensor

  /// A constraint from a closure that keeps the shape.
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ project: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.project = project
  }

  /// The weight in bounds.
  public func callAsFunction(_ weight: Tensor) -> Tensor { project(weight) }
}
