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
  /// Makes a layer from a configuration, those inside it included; throws a `Diagnostic` for a class
  /// that is neither built in nor among the `custom` ones.
  ///
  /// A layer that makes others while it is made hands the `custom` classes on to them. Sequential and
  /// functional models are layers too.
  public static func make(
    from configuration: Configuration, custom: [String: any ConfigurableLayer.Type] = [:]
  ) throws -> Layer {
    let known = NestedClasses.byName.merging(custom) { $1 }
    let name = configuration.className
    return try NestedClasses.$byName.withValue(known) { () throws -> Layer in
      if known[name] == nil, Model.isMade(wiredBy: name) {
        return try Model.make(wiredBy: configuration)
      }
      guard let type = known[name] ?? BuiltInLayers.byName[name] else {
        throw Diagnostic(
          name, "no layer of this class is known",
          expected: "one of " + BuiltInLayers.byName.keys.sorted().joined(separator: ", "),
          got: "\"\(name)\"", fix: "pass the class of a layer of your own in custom")
      }
      return try type.init(configuration: configuration)
    }
  }
}
