import Testing

@testable import MartletLayers
@testable import MartletTensors

@Suite("Merging")
struct MergeTests {
  static let a = Tensor.arange(12).reshaped(to: [2, 3, 2]).cast(to: .float32) - 5
  static let b = 3 - a * a / 5
  static let masks: [Tensor?] = [
    Tensor([[true, true, false], [false, true, false]]),
    Tensor([[true, false, false], [true, true, false]]),
  ]

  // Keras 3.15.1, with both masks set on the inputs.
  static let rows: [(String, [Float])] = [
    ("Add", [-7, -4.2, -1.8, 0.2, 1.8, 3, 3.8, 4.2, 4.2, 3.8, 3, 1.8]),
    ("Multiply", [10, 0.8, -3, -2, 0, 0, 2.8, 2.2, 3.6, -0.8, 0, 0]),
    ("Maximum", [-2, -0.2, -3, -2, -1, 0, 2.8, 2.2, 3, 4, 5, 6]),
    ("Minimum", [-5, -4, -3, -2, -1, 0, 2.8, 2.2, 1.2, -0.2, 5, 6]),
    ("Average", [-3.5, -2.1, -0.9, 0.1, 0.9, 1.5, 1.9, 2.1, 2.1, 1.9, 1.5, 0.9]),
  ]

  @Test("Masks: the values are Keras', a step counts where it does in one input", arguments: rows)
  func masks(name: String, values: [Float]) throws {
    let layer = try Layer.make(from: Configuration(name))
    let (outputs, masks) = layer.run(
      [Self.a, Self.b], CallContext().with(masks: Self.masks))
    let expected = Tensor(values, shape: [2, 3, 2])
    #expect(outputs[0].isClose(to: expected, relative: 1e-5, absolute: 1e-5))
    let mask = try #require(masks[0])
    #expect(mask.isEqual(to: Tensor([[true, true, false], [true, true, false]])))
  }

  @Test("Concatenate joins masks; an input without one counts in full")
  func concatenatedMasks() throws {
    func mask(_ layer: Layer, _ masks: [Tensor?]) throws -> Tensor {
      try #require(layer.run([Self.a, Self.b], CallContext().with(masks: masks)).masks[0])
    }
    let joined = try mask(Concatenate(axis: 1), [Self.masks[0], nil])
    #expect(
      joined.isEqual(
        to: Tensor([
          [true, true, false, true, true, true], [false, true, false, true, true, true],
        ])))
    let side = try mask(Concatenate(), Self.masks)
    #expect(side.isEqual(to: Tensor([[true, true, false], [true, true, false]])))
    let add = Add().run([Self.a, Self.b], CallContext().with(masks: [Self.masks[0], nil]))
    #expect(add.masks[0] == nil)
  }

  @Test("Operators wire merge layers")
  func operators() throws {
    let (a, b) = (Input(shape: [3], name: "a"), Input(shape: [3], name: "b"))
    let model = try Model(inputs: [a, b], outputs: (a + b) * a - b)
    #expect(model.layers.map(\.name) == ["a", "b", "add", "multiply", "subtract"])
    let y = model([Tensor([[1.0, 2, 3]]), Tensor([[4.0, 5, 6]])])
    #expect(y.scalars == [1, 9, 21])
  }

  @Test("Inputs that do not fit each other are refused, with their shapes")
  func refusals() throws {
    func message(_ layer: Layer, _ shapes: [PartialShape]) -> String {
      do {
        try layer.build(for: shapes)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(Add(), [[nil, 3], [nil, 4]]).contains("(None, 3), (None, 4)"))
    #expect(message(Add(), [[2, 3], [4, 3]]).contains("equal batch sizes"))
    #expect(message(Subtract(), [[nil, 3]]).contains("2 inputs"))
    #expect(message(Concatenate(axis: 1), [[nil, 3, 2], [nil, 3, 4]]).contains("axes but 1"))
    #expect(message(Concatenate(axis: 3), [[nil, 3]]).contains("axis 3"))
    #expect(message(Dot(axes: 1), [[nil, 3], [nil, 4]]).contains("(None, 3) and (None, 4)"))
    #expect(message(Dot(axes: 0), [[4, 3], [4, 3]]).contains("behind the batch"))
  }

  @Test("What is not known in one input is not known in the output")
  func openShapes() throws {
    #expect(try Add().outputShapes([[nil, nil, 3], [nil, 4, 1]]) == [[nil, nil, 3]])
    #expect(try Add().outputShapes([[2, 5], [nil, 1]]) == [[2, 5]])
    #expect(
      try Concatenate(axis: 1).outputShapes([[nil, 2, 3], [nil, nil, 3]]) == [[nil, nil, 3]])
    #expect(
      try Dot(axes: [2, 1]).outputShapes([[nil, 4, 3], [nil, 3, nil]]) == [[nil, 4, nil]])
  }
}
