import MartletTensors
import Testing

@testable import MartletLayers

/// A program's own layers and models inside layers that make others.
@Suite("Own layers inside others")
struct OwnLayersInsideTests {
  /// x · factor, one factor for all.
  final class Scaling: Layer, ConfigurableLayer {
    private var factor: Variable!
    override init(name: String? = nil) { super.init(name: name) }
    convenience init(configuration c: Configuration) throws {
      self.init()
      try adopt(c)
    }
    override func build(_ input: PartialShape) throws { factor = addWeight("factor", [1], .ones) }
    override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x * factor.value }
  }

  /// h ← (h + x) / 2.
  final class Averaging: RecurrentCell, ConfigurableLayer {
    override init(name: String? = nil) { super.init(name: name) }
    convenience init(configuration c: Configuration) throws {
      self.init()
      try adopt(c)
    }
    override func stateShapes(_ input: PartialShape) throws -> [PartialShape] {
      [PartialShape(input.dropFirst())]
    }
    override func stepShape(_ input: PartialShape) throws -> PartialShape { input }
    override func step(
      _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
    ) -> (output: Tensor, states: [Tensor]) {
      let next = (states[0] + x) / 2
      return (next, [next])
    }
  }

  static let series = Tensor((0..<24).map(Float.init), shape: [2, 4, 3])
  static let classes: [String: any ConfigurableLayer.Type] = [
    "Scaling": Scaling.self, "Averaging": Averaging.self,
  ]

  @Test("A recurrent layer over a cell of one's own runs in both directions")
  func bothDirections() {
    let y = Bidirectional(RNN(Averaging(), returnSequences: true))(Self.series)
    #expect(y.shape == [2, 4, 6])
    // The first of 0, 3, 6, 9: forwards 0/2; backwards 9/2, (4.5 + 6)/2, (5.25 + 3)/2, 4.125/2.
    #expect(y[0, 0, 0].item() == 0)
    #expect(y[0, 0, 3].item() == 2.0625)
  }

  @Test("A cell that cannot be made again is named, with what it lacks")
  func unconfigurable() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      final class Bare: RecurrentCell {}
      _ = Bidirectional(RNN(Bare()))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("Bare") && message.contains("ConfigurableLayer"), "\(message)")
  }

  @Test(
    "A model is cloned with the layers of one's own inside its layers",
    arguments: ["TimeDistributed", "Sequential", "RNN", "stack", "Bidirectional", "Functional"])
  func cloned(kind: String) throws {
    let layer: Layer
    switch kind {
    case "TimeDistributed": layer = TimeDistributed(Scaling())
    case "Sequential": layer = TimeDistributed(Sequential([Scaling(), Dense(2)]))
    case "RNN": layer = RNN(Averaging())
    case "stack": layer = RNN([Averaging(), Averaging()], returnSequences: true)
    case "Bidirectional": layer = Bidirectional(RNN(Averaging()))
    default:
      let x = Input(shape: [3])
      layer = TimeDistributed(try Model(inputs: x, outputs: Dense(2)(Scaling()(x))))
    }
    let model = Sequential {
      Input(shape: [4, 3])
      layer
    }
    try model.validate()
    let expected = model(Self.series)
    let copies = [
      try model.clone(), try model.clone(custom: Self.classes),
      try Model.make(wiredBy: model.configuration, custom: Self.classes),
    ]
    for copy in copies {
      try copy.setWeights(model.weights.map(\.value))
      #expect(copy(Self.series).isEqual(to: expected))
      #expect(copy.configuration == model.configuration)
    }
  }

  @Test("A class that nobody knows is refused, inside too")
  func unknown() {
    let c = TimeDistributed(Scaling()).configuration
    let error = #expect(throws: Diagnostic.self) { try Layer.make(from: c) }
    #expect(error?.who == "Scaling")
    #expect(throws: Never.self) { try Layer.make(from: c, custom: Self.classes) }
    // What one call was given, the next does not know.
    #expect(throws: Diagnostic.self) { try Layer.make(from: c) }
  }
}
