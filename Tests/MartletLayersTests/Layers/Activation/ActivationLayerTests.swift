import MartletLayers
import MartletTensors
import Testing

@Suite("Activation layers")
struct ActivationLayerTests {
  @Test("Softmax gives masked elements 0")
  func maskedSoftmax() {
    // Keras 3.15.1: Softmax()([[1, 2, 3]], mask=[[True, False, True]]).
    let (x, mask) = (Tensor([[1.0, 2, 3]]), Tensor([[true, false, true]]))
    let y = Softmax()(x, mask: mask)
    #expect(y.isClose(to: Tensor([[0.11920291, 0, 0.880797]]), relative: 1e-6))
    #expect(Softmax()([x, mask]).isEqual(to: y))
    #expect(throws: Diagnostic.self) { try Softmax().build(for: [[nil, 3], [nil, 2]]) }
  }

  @Test("LeakyReLU takes the slope under its older name, and has a default of its own")
  func slopes() throws {
    let x = Tensor([[-1.0, 2]])
    let old = try Layer.make(from: Configuration("LeakyReLU", ["alpha": .number(0.25)]))
    #expect(old(x).scalars == [-0.25, 2])
    #expect(LeakyReLU()(x).scalars == [-0.3, 2])
  }

  @Test("Maxout takes the largest of neighbouring features, and refuses what it cannot cut")
  func maxout() throws {
    let y = Maxout(2)(Tensor([[1.0, 5, 2, -1, -2, -3]]))
    #expect(y.scalars == [5, -1])
    let error = #expect(throws: Diagnostic.self) { try Maxout(4).outputShape([nil, 6]) }
    #expect(error?.description.contains("a multiple of 4") == true)
  }

  @Test("PReLU refuses images of other sizes unless the axes are shared")
  func prelu() throws {
    let (own, shared) = (PReLU(), PReLU(sharedAxes: [1, 2]))
    for layer in [own, shared] { try layer.build(for: [[nil, 4, 4, 3]]) }
    #expect(own.weights[0].shape == [4, 4, 3] && shared.weights[0].shape == [1, 1, 3])
    #expect(throws: Diagnostic.self) { try own.outputShape([nil, 5, 4, 3]) }
    #expect(try shared.outputShape([nil, 5, 6, 3]) == [nil, 5, 6, 3])
  }

  @Test("Negative hyperparameters of a configuration are refused")
  func refusals() {
    for (name, key) in [
      ("ReLU", "max_value"), ("ReLU", "negative_slope"), ("ReLU", "threshold"),
      ("LeakyReLU", "negative_slope"),
    ] {
      #expect(throws: Diagnostic.self) {
        try Layer.make(from: Configuration(name, [key: .number(-1)]))
      }
    }
  }
}
