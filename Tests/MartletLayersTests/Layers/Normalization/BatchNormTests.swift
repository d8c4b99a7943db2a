import MartletLayers
import MartletTensors
import Testing

@Suite("BatchNorm")
struct BatchNormTests {
  @Test("A batch of 1, 2, 4 is normalized by its biased variance, and the averages follow")
  func course() throws {
    // Recomputed from the course's slides in float64.
    let layer = BatchNorm()
    let y = layer(Tensor([[1.0], [2], [4]]), training: true)
    let expected = Tensor([[-1.0687015], [-0.2671754], [1.3358769]])
    #expect(y.isClose(to: expected, relative: 1e-6, absolute: 1e-6))
    let moving = layer.nonTrainableVariables.map { Double($0.value.scalars[0]) }
    #expect(abs(moving[0] - 0.0233333) < 1e-7)
    #expect(abs(moving[1] - 1.0055556) < 1e-6)
    let again = layer(Tensor([[1.0]]))
    #expect(abs(again.item() - (1 - 0.0233333) / (1.0055556 + 1e-3).squareRoot()) < 1e-6)
  }

  @Test("A frozen layer uses its averages in training, and keeps them")
  func frozen() {
    let layer = BatchNorm()
    let x = Tensor([[1.0], [2], [4]])
    _ = layer(x, training: true)
    layer.trainable = false
    let before = layer.nonTrainableVariables.map { $0.value.scalars }
    #expect(layer(x, training: true).isEqual(to: layer(x)))
    #expect(layer.nonTrainableVariables.map { $0.value.scalars } == before)
    #expect(layer.trainableVariables.isEmpty && layer.nonTrainableVariables.count == 4)
  }

  @Test("Steps that a mask leaves out do not count")
  func masks() {
    // Keras 3.15.1: BatchNormalization()(x, training=True, mask=mask), moving averages after it.
    let x = Tensor([[[1.0, 2], [3, -1], [50, 60]], [[2, 0], [-70, 80], [90, 99]]])
    let mask = Tensor([[true, true, false], [true, false, false]])
    let layer = BatchNorm()
    let y = layer(x, training: true, mask: mask)
    #expect(
      y[0, 0].isClose(to: Tensor([-1.2238274, 1.335877]), relative: 1e-6)
        && y[1, 0].isClose(to: Tensor([0, -0.26717538]), relative: 1e-5, absolute: 1e-6))
    let averages = layer.nonTrainableVariables.map { $0.value }
    #expect(averages[0].isClose(to: Tensor([0.02, 0.0033333332]), relative: 1e-6))
    #expect(averages[1].isClose(to: Tensor([0.9966667, 1.0055555]), relative: 1e-6))
  }

  @Test("A copy of a model has statistics of its own", arguments: [false, true])
  func copies(isFunctional: Bool) throws {
    let model: Model
    if isFunctional {
      let input = Input(shape: [1])
      model = try Model(inputs: input, outputs: BatchNorm()(input))
    } else {
      model = Sequential {
        Input(shape: [1])
        BatchNorm()
      }
    }
    func statistics(_ model: Model) -> [Float] {
      model.nonTrainableVariables.flatMap { $0.value.scalars }
    }
    let x = Tensor([[1.0], [2], [4]])
    _ = model(x, training: true)
    let learnt = statistics(model)
    let copy = try model.clone()
    #expect(statistics(copy) == [0, 1])
    try copy.setWeights(model.getWeights())
    #expect(statistics(copy) == learnt)
    _ = copy(x * 5, training: true)
    #expect(statistics(model) == learnt)
    let copied = statistics(copy)
    #expect(copied != learnt)
    _ = model(x, training: true)
    #expect(statistics(model) != learnt)
    #expect(statistics(copy) == copied)
  }

  @Test("Behind a convolution at inference it ends in the convolution's kernel")
  func fusion() throws {
    let model = Sequential {
      Input(shape: [12, 12, 3])
      Conv2D(8, kernelSize: 3)
      BatchNorm()
      Activation(.relu)
    }
    for variable in model.weights { _ = variable.value.evaluated() }
    let text = model(Tensor.ones([4, 12, 12, 3]).evaluated()).plan.description
    #expect(text.contains("conv·add·subtract·multiply·add·relu"), "\(text)")
  }
}
