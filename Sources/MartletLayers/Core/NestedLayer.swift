import MartletTensors

/// The custom classes that the `make` around the present one was given: an initializer takes a
/// configuration alone, so they reach the layers inside by the task.
enum NestedClasses {
  @TaskLocal static var byName: [String: any ConfigurableLayer.Type] = [:]
}

extension Layer {
  /// The classes of this layer and of those inside that can be made from a configuration, as `custom`
  /// takes them.
  final var ownClasses: [String: any ConfigurableLayer.Type] {
    var classes: [String: any ConfigurableLayer.Type] = [:]
    walk { layer in
      if let made = type(of: layer) as? any ConfigurableLayer.Type {
        classes[layer.configuration.className] = made
      }
    }
    return classes
  }
}

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
