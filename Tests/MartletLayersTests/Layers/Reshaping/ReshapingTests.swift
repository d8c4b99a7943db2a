import MartletLayers
import MartletTensors
import Testing

@Suite("Reshaping")
struct ReshapingTests {
  private func message(_ layer: Layer, _ shape: PartialShape) -> String {
    do {
      try layer.build(for: [shape])
      _ = try layer.outputShape(shape)
      return ""
    } catch { return "\(error)" }
  }

  @Test("Reshape works a size out where it can, and refuses what does not divide")
  func reshape() throws {
    #expect(try Reshape([-1, 2]).outputShape([nil, 3, 4]) == [nil, 6, 2])
    #expect(try Reshape([-1, 2]).outputShape([nil, nil, 4]) == [nil, nil, 2])
    #expect(try Reshape([2, 3]).outputShape([nil, nil]) == [nil, 2, 3])
    #expect(message(Reshape([5]), [nil, 6]).contains("5 elements"))
    #expect(message(Reshape([-1, 4]), [nil, 6]).contains("a multiple of 4"))
    #expect(throws: Diagnostic.self) {
      try Reshape(configuration: Configuration("Reshape", ["target_shape": .ints([-1, -1])]))
    }
  }

  @Test("Integers keep their type")
  func integers() {
    let x = Tensor([[1, 2, 3, 4]] as [[Int32]])
    #expect(Reshape([2, 2])(x).dtype == .int32)
    let input = Input(shape: [4], dtype: .int32)
    #expect(Flatten()(Reshape([2, 2])(input)).dtype == .int32)
  }

  @Test("Cropping refuses to leave nothing, and Permute what is no order")
  func refusals() {
    #expect(message(Cropping1D([1, 2]), [nil, 3, 1]).contains("more than 3 elements"))
    #expect(message(Cropping2D(), [nil, 1, 1, 1]).isEmpty)
    #expect(message(Permute([2, 1]), [nil, 3]).contains("3 axes"))
    #expect(throws: Diagnostic.self) {
      try Permute(configuration: Configuration("Permute", ["dims": .ints([0, 1])]))
    }
    #expect(throws: Diagnostic.self) {
      try ZeroPadding2D(
        configuration: Configuration("ZeroPadding2D", ["padding": .ints([1, 2, 3])]))
    }
  }

  @Test("Widths are read as Keras writes them: a number, one for each axis, or pairs")
  func widths() throws {
    func padded(_ value: ConfigurationValue) throws -> PartialShape {
      try ZeroPadding2D(configuration: Configuration("ZeroPadding2D", ["padding": value]))
        .outputShape([nil, 4, 4, 1])
    }
    #expect(try padded(.int(1)) == [nil, 6, 6, 1])
    #expect(try padded(.ints([1, 2])) == [nil, 6, 8, 1])
    #expect(try padded(.list([.ints([1, 2]), .ints([0, 3])])) == [nil, 7, 7, 1])
    #expect(try padded(.null) == [nil, 6, 6, 1])
    let series = try ZeroPadding1D(
      configuration: Configuration("ZeroPadding1D", ["padding": .ints([0, 3])]))
    #expect(series(Tensor([[[1.0], [2]]])).scalars == [1, 2, 0, 0, 0])
  }

  @Test("An interpolation that there is not is refused by its name")
  func interpolation() {
    let error = #expect(throws: Diagnostic.self) {
      try UpSampling2D(
        configuration: Configuration("UpSampling2D", ["interpolation": .string("cubist")]))
    }
    #expect(error?.description.contains("cubist") == true)
  }
}
