import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

/// Every layer against Keras: outputs, masks, losses, moving statistics, and the gradients of
/// Σ sum(outputᵢ · cotangentᵢ) by inputs, states and weights.
@Suite struct KerasLayerTests {
  static let families = [
    "core", "convolution", "pooling", "resizing", "normalization", "randomness", "recurrent",
    "attention", "merging", "preprocessing", "modes",
  ]
  /// What can be read; that no family is missing, the first test says.
  static let cases = Dictionary(
    grouping: families.flatMap { (try? KerasCase.read($0)) ?? [] }, by: \.configuration.className)

  @Test(arguments: families)
  func `the vectors of a family of layers can be read`(family: String) throws {
    #expect(try !KerasCase.read(family).isEmpty)
  }

  @Test(arguments: cases.keys.sorted())
  func `a layer does what Keras' does`(className: String) throws {
    for golden in Self.cases[className] ?? [] {
      let run = LayerRun(golden)
      for failure in try run.failures() { Issue.record("\(failure)") }
    }
  }

  @Test(arguments: cases.keys.sorted())
  func `a layer is made again from its own configuration`(className: String) throws {
    for golden in Self.cases[className] ?? [] {
      let layer = try Layer.make(from: golden.configuration)
      let again = try Layer.make(from: layer.configuration)
      #expect(again.configuration == layer.configuration, "\(golden.name)")
    }
  }

  @Test func `every layer of Keras has at least six cases`() {
    #expect(Self.cases.count >= 98)
    for (className, cases) in Self.cases {
      #expect(cases.count >= 6, "\(className)")
    }
  }
}

/// One case of a layer.
struct LayerRun {
  let golden: KerasCase

  init(_ golden: KerasCase) { self.golden = golden }

  private var training: Bool { golden.row["training"]?.asBool ?? false }

  /// What is wrong; the layer is made anew for each look, since training changes it.
  func failures() throws -> [String] {
    if golden.row["calls"] != nil { return try statefulFailures() }
    let inputs = try golden.tensors("inputs")
    let states = try golden.tensors("states")
    let named = try golden.tensors("named_tensors")
    let all = inputs + states + named
    var failures: [String] = []

    let layer = try made()
    let context = CallContext(training: training)
      .with(masks: try masks(count: all.count))
    let (outputs, outputMasks) = layer.run(all, context)
    failures += try golden.failures(outputs, "outputs")
    if golden.row["output_masks"] != nil {
      failures += try golden.failures(outputMasks.compactMap { $0 }, "output_masks")
    }
    if golden.row["losses"] != nil {
      let losses = context.losses + layer.regularizationLosses
      let total = losses.reduce(Tensor(0)) { $0 + $1 }
      failures += try golden.failures([total], "losses")
    }
    if golden.row["weights_after"] != nil {
      let frozen = layer.weights.filter { !$0.isTrainable || !layer.trainable }
      failures += try golden.failures(frozen.map(\.value), "weights_after")
    }
    guard golden.row["cotangents"] != nil else { return failures }

    let points = (inputs + states).filter(\.dtype.isFloating)
    if !points.isEmpty {
      let layer = try made()
      let found = try valueAndGradient(at: points) { points in
        var next = points.makeIterator()
        let given = (inputs + states).map { $0.dtype.isFloating ? next.next()! : $0 }
        return try total(layer, given + named)
      }.gradients
      let isState = (inputs + states).enumerated().filter { $1.dtype.isFloating }
        .map { $0.offset >= inputs.count }
      let pairs = Array(zip(found, isState))
      failures += try golden.failures(pairs.filter { !$0.1 }.map(\.0), "input_gradients")
      failures += try golden.failures(pairs.filter(\.1).map(\.0), "state_gradients")
    }
    if golden.row["weight_gradients"] != nil {
      let layer = try made()
      let found = try valueAndGradient(of: layer.trainableVariables) { try total(layer, all) }
      failures += try golden.failures(found.gradients, "weight_gradients")
    }
    return failures
  }

  private func total(_ layer: Layer, _ inputs: [Tensor]) throws -> Tensor {
    let outputs = layer.outputs(
      of: inputs, training: training, masks: try masks(count: inputs.count))
    let cotangents = try golden.tensors("cotangents")
    return zip(outputs, cotangents).reduce(Tensor(0)) { $0 + ($1.0 * $1.1).sum() }
  }

  private func masks(count: Int) throws -> [Tensor?] {
    var masks = try golden.optionalTensors("masks")
    while masks.count < count { masks.append(nil) }
    return masks
  }

  /// The layer, built and with the weights of the case.
  private func made() throws -> Layer {
    // What Keras is told at the call, some layers here are told when they are made.
    var configuration = golden.configuration
    if case .object(let keywords)? = golden.row["keywords"] {
      configuration.values.merge(keywords) { $1 }
    }
    let layer = try Layer.make(from: configuration)
    let inputs =
      try golden.tensors("inputs") + golden.tensors("states") + golden.tensors("named_tensors")
    let shapes: [PartialShape] = inputs.map { [nil] + $0.shape.dropFirst().map(Optional.some) }
    try layer.build(for: shapes, dtypes: inputs.map(\.dtype))
    if let data = try golden.optionalTensor("adapt") {
      try (layer as? any AdaptableLayer)?.adapt(data)
    } else {
      try layer.setWeights(try weights())
    }
    return layer
  }

  private func weights() throws -> [Tensor] {
    try golden.list("weights").map { entry in
      guard case .object(let values) = entry, let name = values["tensor"]?.asString else {
        throw KerasFileError(what: "\(golden.name): a weight without a tensor")
      }
      return try golden.tensor(name)
    }
  }

  /// A stateful layer is called several times, and reset in between.
  private func statefulFailures() throws -> [String] {
    let layer = try Layer.make(from: golden.configuration)
    let first = try golden.tensors("inputs")[0]
    try layer.build(for: [first.shape.map(Optional.some)], dtypes: [.float32])
    try layer.setWeights(try weights())
    var outputs: [Tensor] = []
    for call in golden.list("calls").compactMap(\.asString) {
      if call == "reset" {
        guard let recurrent = layer as? RNN else {
          throw KerasFileError(what: "\(golden.name) is not recurrent")
        }
        recurrent.resetStates()
      } else {
        outputs.append(layer.outputs(of: [try golden.tensor(call)])[0])
      }
    }
    return try golden.failures(outputs, "outputs")
  }
}
