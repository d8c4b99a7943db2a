import MartletLayers

/// One number, or several: a `Double`, or a `[Double]`.
///
///     .precision(thresholds: 0.3)        .precision(thresholds: [0.2, 0.5, 0.8])
public protocol Numbers: Sendable {
  /// The numbers as they were given: one, or all of them.
  var numbers: [Double] { get }
}

extension Double: Numbers {
  public var numbers: [Double] { [self] }
}

extension Array: Numbers where Element == Double {
  public var numbers: [Double] { self }
}

extension ConfigurationValue {
  /// One number or a list, as it was given; null for none.
  static func numbers(_ value: (any Numbers)?) -> ConfigurationValue {
    switch value {
    case nil: .null
    case let one as Double: .number(one)
    case let several?: .numbers(several.numbers)
    }
  }
}

extension Configuration {
  /// One number or a list of them, or nil where it is missing or null.
  func optionalNumbers(_ key: String) throws(Diagnostic) -> (any Numbers)? {
    switch self[key] {
    case nil: nil
    case .list?: try numbers(key)
    case _?: try number(key)
    }
  }
}
