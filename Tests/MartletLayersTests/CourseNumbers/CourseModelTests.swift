import MartletLayers
import MartletTensors
import Testing

/// The models of the course slides: sizes, parameter counts and receptive fields.
@Suite("Course models")
struct CourseModelTests {
  /// The LeNet of the course for images of a size.
  static func lenet(_ shape: PartialShape) -> Sequential {
    Sequential {
      Input(shape: shape)
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
  }

  static func receptiveFields(_ model: Model) throws -> [Int] {
    try model.layers.filter { $0 is any WindowedLayer }.map {
      try model.receptiveField(of: $0).size[0]
    }
  }

  @Test("LeNet has 62,226 parameters and receptive fields of 5, 6, 14 and 16")
  func lenet() throws {
    let model = Self.lenet([28, 28, 1])
    #expect(
      model.layers.map { $0.output?.shape.dropFirst().first ?? nil } == [
        24, 12, 8, 4, 192, 300, 10,
      ])
    #expect(model.layers.map(\.parameterCount) == [104, 0, 1212, 0, 0, 57900, 3010])
    #expect(model.countParameters() == 62226)
    #expect(try Self.receptiveFields(model) == [5, 6, 14, 16])
    let last = try model.receptiveField(of: model.layers[3])
    #expect(last.size == [16, 16] && last.stride == [4, 4] && last.offset == [0, 0])
    #expect(Self.lenet([32, 32, 3]).countParameters() == 94826)
    #expect(model(Tensor.ones([2, 28, 28, 1])).shape == [2, 10])
  }
}
