import MartletTensors

/// A value of a configuration: what JSON can hold.
public enum ConfigurationValue: Sendable, Equatable {
  /// Nothing: Python's `None`.
  case null
  /// True or false.
  case bool(Bool)
  /// A whole number.
  case int(Int)
  /// A number with a fraction.
  case number(Double)
  /// A text.
  case string(String)
  /// Values in an order.
  case list([ConfigurationValue])
  /// Values by name.
  case object([String: ConfigurationValue])

  /// A list of integers.
  public static func ints(_ values: [Int]) -> ConfigurationValue { .list(values.map { .int($0) }) }
  /// A list of numbers.
  public static func numbers(_ values: [Double]) -> ConfigurationValue {
    .list(values.map { .number($0) })
  }
  /// A value or null.
  public static func optional(_ value: Int?) -> ConfigurationValue {
    value.map { .int($0) } ?? .null
  }
  /// A value or null.
  public static func optional(_ value: Double?) -> ConfigurationValue {
    value.map { .number($0) } ?? .null
  }
  /// A value or null.
  public static func optional(_ value: String?) -> ConfigurationValue {
    value.map { .string($0) } ?? .null
  }
  /// A configuration or null.
  public static func optional(_ value: Configuration?) -> ConfigurationValue {
    value.map { .configuration($0) } ?? .null
  }
  /// A configuration as an object `{"class_name": …, "config": {…}}`.
  public static func configuration(_ value: Configuration) -> ConfigurationValue {
    .object(["class_name": .string(value.className), "config": .object(value.values)])
  }
}

/// The name of a class and its hyperparameters, both as Keras calls them: what files keep of a
/// layer, a loss or an optimizer, and all that is needed to make it again.
///
/// The typed readers throw a `Diagnostic` that names class and key where a value is missing or is
/// of another kind.
public struct Configuration: Sendable, Equatable {
  /// Keras' name of the class: `Conv2D`, `GlorotUniform`.
  public var className: String
  /// The hyperparameters under Keras' names: `kernel_size`, `use_bias`.
  public var values: [String: ConfigurationValue]

  /// Creates a configuration.
  public init(_ className: String, _ values: [String: ConfigurationValue] = [:]) {
    self.className = className
    self.values = values
  }

  /// A hyperparameter; nil where it is missing or null.
  public subscript(key: String) -> ConfigurationValue? {
    get {
      switch values[key] {
      case nil, .null?: nil
      case let value?: value
      }
    }
    set { values[key] = newValue }
  }

  /// An integer; `fallback` where it is missing.
  public func int(_ key: String, default fallback: Int? = nil) throws(Diagnostic) -> Int {
    try read(key, fallback, "an integer") { $0.asInt }
  }
  /// An integer, or nil where it is missing or null.
  public func optionalInt(_ key: String) throws(Diagnostic) -> Int? {
    self[key] == nil ? nil : try int(key)
  }
  /// A number; `fallback` where it is missing.
  public func number(_ key: String, default fallback: Double? = nil) throws(Diagnostic) -> Double {
    try read(key, fallback, "a number") { $0.asNumber }
  }
  /// A number under its key, or under an older one; `fallback` where both are missing.
  public func number(
    _ key: String, _ olderKey: String, default fallback: Double
  ) throws(Diagnostic) -> Double {
    self[key] == nil
      ? try number(olderKey, default: fallback) : try number(key, default: fallback)
  }
  /// A number, or nil where it is missing or null.
  public func optionalNumber(_ key: String) throws(Diagnostic) -> Double? {
    self[key] == nil ? nil : try number(key)
  }
  /// A truth value; `fallback` where it is missing.
  public func bool(_ key: String, default fallback: Bool? = nil) throws(Diagnostic) -> Bool {
    try read(key, fallback, "true or false") { $0.asBool }
  }
  /// A text; `fallback` where it is missing.
  public func string(_ key: String, default fallback: String? = nil) throws(Diagnostic) -> String {
    try read(key, fallback, "a text") { $0.asString }
  }
  /// A text, or nil where it is missing or null.
  public func optionalString(_ key: String) throws(Diagnostic) -> String? {
    self[key] == nil ? nil : try string(key)
  }
  /// Integers: a list, or a single one.
  public func ints(_ key: String, default fallback: [Int]? = nil) throws(Diagnostic) -> [Int] {
    try read(key, fallback, "integers") { $0.asInts }
  }
  /// Integers, or nil where they are missing or null.
  public func optionalInts(_ key: String) throws(Diagnostic) -> [Int]? {
    self[key] == nil ? nil : try ints(key)
  }
  /// Numbers: a list, or a single one.
  public func numbers(_ key: String, default fallback: [Double]? = nil) throws(Diagnostic)
    -> [Double]
  {
    try read(key, fallback, "numbers") { $0.asNumbers }
  }
  /// A list of any values; empty where it is missing.
  public func list(_ key: String) throws(Diagnostic) -> [ConfigurationValue] {
    try read(key, [], "a list") { if case .list(let values) = $0 { values } else { nil } }
  }
  /// A nested configuration, or nil where it is missing or null; a text is a class name without
  /// hyperparameters.
  public func configuration(_ key: String) throws(Diagnostic) -> Configuration? {
    guard let value = self[key] else { return nil }
    guard let nested = value.asConfiguration else {
      throw mismatch(key, "an object with class_name and config", value)
    }
    return nested
  }

  private func read<Value>(
    _ key: String, _ fallback: Value?, _ kind: String, _ convert: (ConfigurationValue) -> Value?
  ) throws(Diagnostic) -> Value {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw Diagnostic(
        className, "its configuration lacks \"\(key)\"", expected: kind,
        got: "the keys " + values.keys.sorted().joined(separator: ", "))
    }
    guard let converted = convert(value) else { throw mismatch(key, kind, value) }
    return converted
  }

  private func mismatch(_ key: String, _ kind: String, _ value: ConfigurationValue) -> Diagnostic {
    Diagnostic(
      className, "\"\(key)\" of its configuration is of another kind", expected: kind,
      got: "\(value)")
  }
}

extension ConfigurationValue {
  /// The integer it is, whole numbers included.
  public var asInt: Int? {
    switch self {
    case .int(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
  /// The number it is.
  public var asNumber: Double? {
    switch self {
    case .int(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// The truth value it is.
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The text it is.
  public var asString: String? { if case .string(let value) = self { value } else { nil } }
  /// The integers it is: a list, or a single one.
  public var asInts: [Int]? {
    guard case .list(let values) = self else { return asInt.map { [$0] } }
    let found = values.compactMap(\.asInt)
    return found.count == values.count ? found : nil
  }
  /// The numbers it is: a list, or a single one.
  public var asNumbers: [Double]? {
    guard case .list(let values) = self else { return asNumber.map { [$0] } }
    let found = values.compactMap(\.asNumber)
    return found.count == values.count ? found : nil
  }
  /// The configuration it is: an object with `class_name` and `config`, or the name alone.
  public var asConfiguration: Configuration? {
    switch self {
    case .string(let name): return Configuration(name)
    case .object(let object):
      guard let name = object["class_name"]?.asString else { return nil }
      if case .object(let values)? = object["config"] { return Configuration(name, values) }
      return Configuration(name)
    default: return nil
    }
  }
}
