import MartletTensors

// How models are described in Keras' terms: layers with their configurations, and for functional
// models the calls that wire them.
extension Model {
  /// The configuration of a Sequential or functional model, its layers included; what files keep.
  final var wiring: Configuration {
    if let sequential = self as? Sequential {
      var layers = sequential.layers.map { ConfigurationValue.configuration($0.configuration) }
      if let input = sequential.inputs.first {
        layers.insert(.configuration(input.layer.configuration), at: 0)
      }
      return Configuration(
        "Sequential",
        ["name": .string(name), "trainable": .bool(trainable), "layers": .list(layers)])
    }
    guard let graph else { return plainConfiguration }
    var places: [ObjectIdentifier: Int] = [:]
    var counts: [ObjectIdentifier: Int] = [:]
    for call in graph.calls {
      let layer = ObjectIdentifier(call.layer)
      places[ObjectIdentifier(call)] = counts[layer, default: 0]
      counts[layer, default: 0] += 1
    }
    func history(_ tensor: SymbolicTensor, extra: Int = 0) -> ConfigurationValue {
      .list([
        .string(tensor.layer.name), .int((places[ObjectIdentifier(tensor.call)] ?? 0) + extra),
        .int(tensor.index),
      ])
    }
    func reference(_ tensor: SymbolicTensor) -> ConfigurationValue {
      .object([
        "class_name": .string("__keras_tensor__"),
        "config": .object([
          "shape": .list(tensor.shape.map { .optional($0) }), "dtype": .string("\(tensor.dtype)"),
          "keras_history": history(tensor),
        ]),
      ])
    }
    let layers = graph.layers.map { layer -> ConfigurationValue in
      let nodes = graph.calls.filter { $0.layer === layer && !$0.inputs.isEmpty }.map { call in
        ConfigurationValue.object(layer.arguments(of: call.inputs.map(reference)))
      }
      return .object([
        "class_name": .string(layer.configuration.className), "name": .string(layer.name),
        "config": .object(
          layer.configuration.values.filter { !AttentionOptions.callKeys.contains($0.key) }),
        "inbound_nodes": .list(nodes),
      ])
    }
    return Configuration(
      "Functional",
      [
        "name": .string(name), "trainable": .bool(trainable), "layers": .list(layers),
        "input_layers": .list(graph.inputs.map { history($0) }),
        // Keras counts the call that made a nested functional model; a Sequential has none.
        "output_layers": .list(
          graph.outputs.map {
            history($0, extra: $0.layer is Model && !($0.layer is Sequential) ? 1 : 0)
          }),
      ])
  }

  private final var plainConfiguration: Configuration {
    Configuration(kerasName, ["name": .string(name), "trainable": .bool(trainable)])
  }

  /// A new model of the same wiring and hyperparameters, with weights of its own.
  ///
  /// - Parameter custom: Classes of the program's own, where they are not those of the model's
  ///   layers.
  /// - Throws: a `Diagnostic` if a layer cannot be made from its configuration.
  public final func clone(
    custom: [String: any ConfigurableLayer.Type] = [:]
  ) throws -> Model {
    try Model.make(wiredBy: configuration, custom: ownClasses.merging(custom) { $1 })
  }

  /// Makes a Sequential or functional model from its configuration.
  ///
  /// - Throws: a `Diagnostic` that names the layer and the key that is missing or wrong.
  public static func make(
    wiredBy configuration: Configuration, custom: [String: any ConfigurableLayer.Type] = [:]
  ) throws -> Model {
    switch configuration.className {
    case "Sequential": return try sequential(configuration, custom)
    case "Functional", "Model": return try FunctionalReader(configuration, custom).model()
    default:
      throw Diagnostic(
        configuration.className, "a model of this class cannot be made from its configuration",
        expected: "Sequential or Functional", got: "\"\(configuration.className)\"",
        fix: "make it in code and load its weights")
    }
  }

  private static func sequential(
    _ c: Configuration, _ custom: [String: any ConfigurableLayer.Type]
  ) throws -> Model {
    let model = Sequential([], name: try c.optionalString("name"))
    for entry in try c.list("layers") {
      guard let nested = entry.asConfiguration else {
        throw Diagnostic("Sequential", "a layer has no class_name", got: "\(entry)")
      }
      if nested.className == "InputLayer" {
        model.add(try SymbolicTensor(configuration: nested))
      } else {
        model.add(try Layer.make(from: nested, custom: custom))
      }
    }
    try model.validate()
    if try !c.bool("trainable", default: true) { model.trainable = false }
    return model
  }

  /// Whether a class is a model that `make(wiredBy:)` makes.
  static func isMade(wiredBy className: String) -> Bool {
    ["Sequential", "Functional", "Model"].contains(className)
  }
}

extension SymbolicTensor {
  /// An input as files describe it.
  convenience init(configuration c: Configuration) throws {
    let key = c["batch_shape"] == nil ? "batch_input_shape" : "batch_shape"
    let sizes = try c.list(key).map(\.asInt)
    guard let batch = sizes.first else {
      throw Diagnostic("InputLayer", "its configuration lacks \"batch_shape\"")
    }
    let name = try c.optionalString("dtype") ?? "float32"
    let types: [DType] = [.float32, .float64, .int32, .int64, .uint8, .bool]
    guard let dtype = types.first(where: { "\($0)" == name }) else {
      throw Diagnostic(
        "InputLayer", "the element type is not known",
        expected: types.map { "\($0)" }.joined(separator: ", "), got: name)
    }
    self.init(
      shape: Array(sizes.dropFirst()), batchSize: batch, dtype: dtype,
      name: try c.optionalString("name"))
  }
}

extension Layer {
  /// How a call's inputs are written down: one, a list, or the first and the states.
  final func arguments(of inputs: [ConfigurationValue]) -> [String: ConfigurationValue] {
    if inputs.count == 1 { return ["args": .list(inputs), "kwargs": .object([:])] }
    if self is RNN || self is Bidirectional {
      let states = ConfigurationValue.list(Array(inputs.dropFirst()))
      return ["args": .list([inputs[0]]), "kwargs": .object(["initial_state": states])]
    }
    var keywords = configuration.values.filter { AttentionOptions.callKeys.contains($0.key) }
    if self is HeadAttention {
      let hasMask = inputs.count == 4 || (inputs.count == 3 && inputDTypes.last == .bool)
      if hasMask { keywords["attention_mask"] = inputs.last }
      let rest = hasMask ? Array(inputs.dropLast()) : inputs
      return ["args": .list(rest), "kwargs": .object(keywords)]
    }
    return ["args": .list([.list(inputs)]), "kwargs": .object(keywords)]
  }
}

/// Wires a functional model from its configuration.
private struct FunctionalReader {
  let configuration: Configuration
  let custom: [String: any ConfigurableLayer.Type]

  init(_ configuration: Configuration, _ custom: [String: any ConfigurableLayer.Type]) {
    self.configuration = configuration
    self.custom = custom
  }

  private struct Place: Hashable {
    let layer: String
    let node: Int
    let tensor: Int
  }

  private struct Node {
    let layer: Layer
    let index: Int
    let inputs: [Place]
  }

  func model() throws -> Model {
    var known: [Place: SymbolicTensor] = [:]
    var waiting: [Node] = []
    for entry in try configuration.list("layers") {
      guard case .object(let object) = entry, let nested = entry.asConfiguration else {
        throw Diagnostic("Functional", "a layer has no class_name", got: "\(entry)")
      }
      let name =
        try nested.optionalString("name") ?? object["name"]?.asString ?? nested.className
      if nested.className == "InputLayer" {
        known[Place(layer: name, node: 0, tensor: 0)] = try SymbolicTensor(configuration: nested)
        continue
      }
      guard case .list(let nodes)? = object["inbound_nodes"] else {
        throw Diagnostic(name, "the layer lacks \"inbound_nodes\"")
      }
      let layer = try Layer.make(
        from: try nested.adding(callKeysOf: nodes, name), custom: custom)
      for (index, node) in nodes.enumerated() {
        waiting.append(Node(layer: layer, index: index, inputs: try places(in: node, name)))
      }
    }
    // Calls whose inputs are known are made until none is left.
    while !waiting.isEmpty {
      let before = waiting.count
      var rest: [Node] = []
      for node in waiting {
        let inputs = node.inputs.compactMap { known[$0] }
        let earlier = waiting.contains { $0.layer === node.layer && $0.index < node.index }
        if inputs.count < node.inputs.count
          || (earlier && rest.contains { $0.layer === node.layer })
        {
          rest.append(node)
          continue
        }
        for (tensor, output) in node.layer.outputs(of: inputs).enumerated() {
          if let failure = output.failure { throw failure }
          known[Place(layer: node.layer.name, node: node.index, tensor: tensor)] = output
        }
      }
      waiting = rest
      if waiting.count == before {
        throw Diagnostic(
          "Functional", "the layers are wired in a circle, or from one that is not there",
          got: waiting.map(\.layer.name).joined(separator: ", "))
      }
    }
    func ends(_ key: String) throws -> [SymbolicTensor] {
      try references(try configuration.list(key)).map { place in
        let earlier = Place(layer: place.layer, node: place.node - 1, tensor: place.tensor)
        if let found = known[place] ?? known[earlier] { return found }
        throw Diagnostic(
          "Functional", "\"\(key)\" names a tensor that is not there", got: "\(place)")
      }
    }
    let model = try Model(
      inputs: try ends("input_layers"), outputs: try ends("output_layers"),
      name: try configuration.optionalString("name"))
    if try !configuration.bool("trainable", default: true) { model.trainable = false }
    return model
  }

  /// `["in", 0, 0]`, a list of such, or a dictionary of such.
  private func references(_ values: [ConfigurationValue]) throws -> [Place] {
    if let place = place(.list(values)) { return [place] }
    return try values.map { value in
      if let place = place(value) { return place }
      throw Diagnostic(
        "Functional", "an input or output is no [layer, node, tensor]", got: "\(value)")
    }
  }

  private func place(_ value: ConfigurationValue) -> Place? {
    guard case .list(let parts) = value, parts.count == 3, let layer = parts[0].asString,
      let node = parts[1].asInt, let tensor = parts[2].asInt
    else { return nil }
    return Place(layer: layer, node: node, tensor: tensor)
  }

  /// The tensors of a node, in the order of its arguments; masks are not among them.
  private func places(in node: ConfigurationValue, _ layer: String) throws -> [Place] {
    var found: [Place] = []
    func collect(_ value: ConfigurationValue) {
      switch value {
      case .list(let values): values.forEach(collect)
      case .object(let object):
        if object["class_name"]?.asString == "__keras_tensor__",
          case .object(let config)? = object["config"], let history = config["keras_history"],
          let place = place(history)
        {
          found.append(place)
        }
      default: break
      }
    }
    guard case .object(let object) = node else {
      throw Diagnostic(
        layer, "its node is of an older kind", expected: "an object with args and kwargs",
        got: "\(node)")
    }
    if let args = object["args"] { collect(args) }
    if case .object(let kwargs)? = object["kwargs"] {
      for key in ["initial_state", "query", "value", "key"] {
        if let value = kwargs[key] { collect(value) }
      }
      if let mask = kwargs["attention_mask"], mask != .null {
        // A mask in third place would be taken for a key unless it is of bools.
        if found.count == 2 { found.append(found[1]) }
        collect(mask)
      }
    }
    return found
  }
}
