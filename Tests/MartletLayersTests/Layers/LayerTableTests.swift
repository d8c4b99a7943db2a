import Testing

@testable import MartletLayers
@testable import MartletTensors

/// What holds for every layer.
@Suite("All layers")
struct LayerTableTests {
  @Test(
    "Gradients by inputs and weights are right, in training and at inference",
    arguments: LayerCase.all)
  func gradients(_ row: LayerCase) throws {
    // Other weights may have a kink nearby, or singular values too close for a power iteration.
    try withRandomSeed(1) {
      for training in [true, false] {
        try checkGradients(
          of: row.make(), inputs: row.inputs, training: training,
          differentiated: row.classes == nil ? nil : [])
      }
    }
  }

  @Test("The shape found without a value is that of the value", arguments: LayerCase.all)
  func shapes(_ row: LayerCase) throws {
    let layer = row.make()
    let inputs = row.inputs
    let outputs = layer.outputs(of: inputs)
    let known = try layer.outputShapes(row.shapes.map { $0.map(Optional.some) })
    #expect(known == outputs.map { $0.shape.map(Optional.some) })
    let open = try layer.outputShapes(
      row.shapes.map { shape -> PartialShape in [nil] + shape.dropFirst().map(Optional.some) })
    #expect(zip(open, known).allSatisfy { $0.admits($1) && $0[0] == nil })
    #expect(open.map { $0.dropFirst() } == known.map { $0.dropFirst() })
    #expect(outputs.allSatisfy { $0.dtype == layer.outputDType })
  }

  @Test("Its configuration makes the same layer again", arguments: LayerCase.all)
  func configurations(_ row: LayerCase) throws {
    let layer = row.make()
    let copy = try Layer.make(from: layer.configuration)
    #expect(copy.configuration == layer.configuration)
    #expect(type(of: copy) == type(of: layer))
    let expected = layer.outputs(of: row.inputs, training: false)
    _ = copy.outputs(of: row.inputs)
    #expect(copy.weights.map(\.shape) == layer.weights.map(\.shape))
    try copy.setWeights(layer.getWeights())
    for (a, b) in zip(copy.outputs(of: row.inputs), expected) { #expect(a.isEqual(to: b)) }
  }

  @Test("Keras' name and its aliases name the same class", arguments: LayerCase.all)
  func names(_ row: LayerCase) throws {
    let layer = row.make()
    let found = try #require(BuiltInLayers.byName[layer.kerasName])
    #expect(ObjectIdentifier(found as Any.Type) == ObjectIdentifier(type(of: layer)))
  }

  @Test("A data_format of channels_first is refused by name", arguments: LayerCase.all)
  func formats(_ row: LayerCase) throws {
    var configuration = row.make().configuration
    guard configuration["data_format"] != nil else { return }
    configuration["data_format"] = .string("channels_first")
    let error = #expect(throws: Diagnostic.self) { try Layer.make(from: configuration) }
    #expect(error?.description.contains("channels_first") == true)
  }

  @Test("Rows of a batch do not see each other at inference", arguments: LayerCase.all)
  func independence(_ row: LayerCase) throws {
    let layer = row.make()
    let inputs = row.inputs
    let together = layer.outputs(of: inputs)
    let alone = layer.outputs(of: inputs.map { $0[0..<1] })
    for (a, b) in zip(together, alone) { #expect(a[0..<1].isEqual(to: b)) }
  }
}
