import MartletLayers
import MartletTensors

/// A row of what Keras wrote with TensorFlow's help: data, weights and what came of them.
extension Configuration {
  /// An object of the row.
  public func object(_ key: String) throws -> [String: ConfigurationValue] {
    guard case .object(let values)? = self[key] else { throw KerasFileError(what: "no \(key)") }
    return values
  }

  /// The objects of a list of the row, as rows.
  public func rows(_ key: String) throws -> [Configuration] {
    try list(key).map {
      guard case .object(let values) = $0 else { throw KerasFileError(what: "\($0) in \(key)") }
      return Configuration(key, values)
    }
  }

  /// A tensor of the row's numbers.
  public func tensor(_ key: String, columns: Int) throws -> Tensor {
    let numbers = try numbers(key)
    return Tensor(numbers.map { Float($0) }, shape: [numbers.count / columns, columns])
  }

  /// The lists of numbers under a key, as tensors of the shapes of some variables.
  public func tensors(_ key: String, like variables: [Variable]) throws -> [Tensor] {
    let lists = try list(key)
    guard lists.count == variables.count else {
      throw KerasFileError(what: "\(lists.count) of \(key), \(variables.count) variables")
    }
    return try zip(lists, variables).map { value, variable in
      guard let numbers = value.asNumbers else { throw KerasFileError(what: "\(value)") }
      return Tensor(numbers.map { Float($0) }, shape: variable.shape)
    }
  }
}
