import MartletTensors

extension Configuration {
  /// A layer inside a layer, from its own configuration; throws where it is missing or unknown.
  public func layer(_ key: String) throws -> Layer {
    guard let nested = try configuration(key) else {
      throw Diagnostic(
        className, "its configuration lacks \"\(key)\"", expected: "a layer",
        got: "the keys " + values.keys.sorted().joined(separator: ", "))
    }
    return try Layer.make(from: nested)
  }
}
