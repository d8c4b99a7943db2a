import Foundation
import MartletTensors
import Testing

@testable import MartletLayers

@Suite("Sequential")
struct SequentialTests {
  @Test("A stack with an Input is built at once, and prints Keras' table")
  func summary() throws {
    let deep = true
    let model = Sequential(name: "mlp") {
      Input(shape: [4, 3])
      Flatten()
      if deep { Dense(5, activation: .relu) }
      for units in [4, 3] { Dense(units) }
      Dropout(0.5)
      Dense(2, activation: .softmax, name: "out")
    }
    #expect(
      model.summaryText() == """
        Model: "mlp"
        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
        ┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
        │ flatten (Flatten)                    │ (None, 12)                  │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dense (Dense)                        │ (None, 5)                   │              65 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dense_1 (Dense)                      │ (None, 4)                   │              24 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dense_2 (Dense)                      │ (None, 3)                   │              15 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dropout (Dropout)                    │ (None, 3)                   │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ out (Dense)                          │ (None, 2)                   │               8 │
        └──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
         Total params: 112 (448.00 B)
         Trainable params: 112 (448.00 B)
         Non-trainable params: 0 (0.00 B)
        """)
    #expect(model.weights.map(\.name).first == "mlp/dense/kernel")
  }

  @Test("The closure may choose, and hold layers that may be missing", arguments: 0..<4)
  func choices(depth: Int) {
    let dropout: Layer? = depth > 1 ? Dropout(0.25) : nil
    let rate: Double? = depth > 2 ? 0.5 : nil
    let model = Sequential {
      Input(shape: [4])
      if depth == 0 {
        Dense(2, name: "small")
      } else if depth == 1 {
        Dense(3, name: "middle")
      } else {
        Dense(8, name: "wide")
        Dense(5, name: "narrow")
      }
      dropout
      if let rate { Dropout(rate, name: "more") }
      switch depth {
      case 3: Dense(1, name: "last")
      default: Dense(2, name: "other")
      }
    }
    let expected = [
      ["small", "other"], ["middle", "other"], ["wide", "narrow", "dropout", "other"],
      ["wide", "narrow", "dropout", "more", "last"],
    ]
    #expect(model.layers.map(\.name) == expected[depth])
    #expect(model(Tensor.ones([3, 4])).shape == [3, depth == 3 ? 1 : 2])
  }

  @Test("Without an Input the first call builds")
  func deferred() {
    let model = Sequential([Dense(3), Dense(2)])
    #expect(!model.isBuilt)
    #expect(model(Tensor.ones([5, 4])).shape == [5, 2])
    #expect(model.isBuilt)
    #expect(model.trainableVariables.map(\.shape) == [[4, 3], [3], [3, 2], [2]])
  }

  @Test("add and pop rebuild the stack and keep the weights of those that stay")
  func addAndPop() {
    let model = Sequential([Dense(3)])
    model.add(Dense(2))
    _ = model(Tensor.ones([1, 4]))
    let kernel = model.weights[0].value
    model.pop()
    #expect(model(Tensor.ones([1, 4])).shape == [1, 3])
    #expect(model.weights.count == 2)
    #expect(model.weights[0].value.isClose(to: kernel))
  }
}

@Suite("Functional models")
struct FunctionalModelTests {
  @Test("A shape mistake is thrown by Model and names the layer")
  func mistake() throws {
    let a = Input(shape: [4], name: "a")
    let dense = Dense(3, name: "shared")
    let ok = dense(a)
    let wrong = dense(Input(shape: [5]))
    #expect(try Model(inputs: a, outputs: ok).outputs.count == 1)
    #expect(throws: Diagnostic.self) { try Model(inputs: a, outputs: wrong) }
    #expect(throws: Diagnostic.self) { try Model(inputs: Input(shape: [1]), outputs: ok) }
  }

  @Test("A user's layer finds its output shape by itself, and shares its weights over calls")
  func userLayer() throws {
    final class Scale: Layer {
      private var factor: Variable!
      override func build(_ input: PartialShape) throws {
        factor = addWeight("factor", [try known(-1, of: input)], .ones)
      }
      override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
        (x * factor.value).sum(along: 1)
      }
    }
    let x = Input(shape: [nil, 3])
    let scale = Scale()
    let y = scale(x)
    #expect(y.shape == [nil, 3])
    let model = try Model(inputs: x, outputs: Dense(2)(y))
    #expect(model.layers.map(\.name) == ["input_layer", "scale", "dense"])
    #expect(model(Tensor.ones([2, 7, 3])).shape == [2, 2])
    #expect(model.weights.count == 3)
  }

  @Test("A subclass holds its layers in properties")
  func subclass() {
    final class Net: Model {
      let first = Dense(4, activation: .relu)
      let rest = [Dense(3), Dense(2)]
      override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
        rest.reduce(first(x, context)) { $1($0, context) }
      }
    }
    let net = Net()
    #expect(net(Tensor.ones([2, 5])).shape == [2, 2])
    #expect(net.layers.count == 3)
    #expect(net.trainableVariables.count == 6)
    let copy = net.getWeights()
    #expect(throws: Diagnostic.self) { try net.setWeights([copy[0]]) }
    #expect(throws: Never.self) { try net.setWeights(copy) }
  }

  @Test("The summary shows the outputs that nobody kept")
  func unusedOutputs() throws {
    let input = Input(shape: [3, 2])
    let output = LSTM(4, returnState: true)(input)
    let text = try Model(inputs: input, outputs: output).summaryText()
    #expect(text.contains("[(None, 4), (None, 4),"))
    #expect(text.components(separatedBy: "(None, 4)").count == 4)
  }
}
