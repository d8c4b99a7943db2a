import MartletTensors

/// The layers that a configuration can name.
///
/// Registries of a program's own layers are arguments:
/// `Layer.make(from:custom:)`.
public enum BuiltInLayers {
  /// The classes by Keras' names, the long names included.
  public static let byName: [String: any ConfigurableLayer.Type] = {
    var table: [String: any ConfigurableLayer.Type] = [:]
    for group in [core, convolution, pooling, normalization, regularization, reshaping] {
      table.merge(group) { first, _ in first }
    }
    for group in [activation, merging, recurrent, attention, preprocessing, wrapping] {
      table.merge(group) { first, _ in first }
    }
    return table
  }()
}

extension Layer {
  /// Makes a layer from a configuration; throws a `Diagnostic` for a class that is neither built in
  /// nor among the `custom` ones.
  public static func make(
    from configuration: Configuration, custom: [String: any ConfigurableLayer.Type] = [:]
  ) throws -> Layer {
    guard
      let type = custom[configuration.className] ?? BuiltInLayers.byName[configuration.className]
    else {
      throw Diagnostic(
        configuration.className, "no layer of this class is known",
        expected: "one of " + BuiltInLayers.byName.keys.sorted().joined(separator: ", "),
        got: "\"\(configuration.className)\"",
        fix: "pass the class of a layer of your own in custom")
    }
    return try type.init(configuration: configuration)
  }
}
