import MartletTensors

/// What can be made from a configuration, by Keras' names.
///
/// A name is found in any of its spellings: `GlorotUniform`, `glorot_uniform` and `glorotUniform`
/// are one.
public struct NameTable<Value>: Sendable {
  /// Makes a value from its hyperparameters; missing ones have Keras' defaults.
  public typealias Make = @Sendable (Configuration) throws(Diagnostic) -> Value

  /// One value: its names, Keras' own first, and how it is made.
  public struct Entry: Sendable {
    let names: [String]
    let make: Make

    /// Creates an entry.
    public init(_ names: String..., make: @escaping Make) {
      self.names = names
      self.make = make
    }
  }

  private let kind: String
  private let known: [String]
  private let exact: [String: Make]
  private let folded: [String: Make]

  /// Creates a table.
  ///
  /// - Parameters:
  ///   - kind: What the values are, for messages: "activation".
  ///   - entries: The values. A spelling that means something else than its like (`LeakyReLU`,
  ///     `leaky_relu`) is found exactly as written.
  public init(_ kind: String, _ entries: [Entry]) {
    self.kind = kind
    known = entries.map { $0.names[0] }.sorted()
    var exact: [String: Make] = [:]
    var folded: [String: Make] = [:]
    for entry in entries {
      for name in entry.names {
        exact[name] = entry.make
        if folded[Self.fold(name)] == nil { folded[Self.fold(name)] = entry.make }
      }
    }
    self.exact = exact
    self.folded = folded
  }

  /// Whether the table has a name.
  public func contains(_ name: String) -> Bool { folded[Self.fold(name)] != nil }

  /// The value that a configuration describes; throws if its name is unknown, listing the known
  /// ones, or if a hyperparameter is of another kind.
  public func make(_ configuration: Configuration) throws(Diagnostic) -> Value {
    let name = configuration.className
    guard let make = exact[name] ?? folded[Self.fold(name)] else {
      throw Diagnostic(
        kind, "there is none of this name", expected: known.joined(separator: ", "),
        got: "\"\(name)\"", fix: "use one of these, or make your own from a closure")
    }
    return try make(configuration)
  }

  private static func fold(_ name: String) -> String {
    name.lowercased().filter { $0 != "_" && $0 != " " }
  }
}
