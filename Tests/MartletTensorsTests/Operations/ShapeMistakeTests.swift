import Testing

@testable import MartletTensors

/// What operations say to shapes, types and numbers that do not fit.
@Suite struct ShapeMistakeTests {
  @Test func `shapes that hold another number of elements`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([4]).reshaped(to: [3, -1])
      }, "reshape: the size of one axis cannot be worked out.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([4]).reshaped(to: [3, 2])
      }, "reshape: the number of elements differs.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor([1, 2, 3] as [Float], shape: [2])
      }, "Tensor: the number of elements does not fit the shape.")
  }

  @Test func `shapes that do not stretch, axes that are not all there`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2]).broadcast(to: [3])
      }, "broadcast: the shape does not stretch to the other.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]).transposed([0, 0])
      }, "transpose: the order does not name every axis once.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor(1).diagonalMatrix()
      }, "diagonalMatrix: a scalar has no axis.")
  }

  @Test func `products of what does not go together`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]).matmul(.zeros([3, 2], dtype: .float64))
      }, "matmul: the element types do not fit.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3, 3]).matmul(.zeros([4, 3, 3]))
      }, "matmul: the leading axes do not broadcast.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2]).tensordot(.zeros([2]), axes: 2)
      }, "tensordot: the number of axes does not fit.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]).tensordot(.zeros([3, 2]), along: [1], [0, 1])
      }, "tensordot: the axes do not come in pairs.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]).tensordot(.zeros([2, 3]), axes: 1)
      }, "tensordot: the sizes of the summed axes differ.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2]).tensordot(.zeros([2], dtype: .int32), axes: 1)
      }, "tensordot: the element types do not fit.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("i,i->i", .zeros([2]), .zeros([2], dtype: .int32))
      }, "einsum: the element types do not fit.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3, 3]).solve(.zeros([4, 3, 1]))
      }, "solve: the leading axes do not broadcast.")
  }

  @Test func `choices by what is no mask, and updates of another type`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.where(.zeros([2]), .zeros([2]), .zeros([2]))
      }, "where: the condition is no mask.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([3]).addingScattered(
          .zeros([1], dtype: .float64), at: Tensor([0] as [Int32]), along: 0)
      }, "the element types do not fit.\n  expected numbers, both of one type")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.crossEntropy(logits: .zeros([2, 3]), labels: .zeros([2], dtype: .bool))
      }, "crossEntropy: the labels' element type does not fit.")
  }

  @Test func `recurrences whose parts do not fit`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3, 8]).scanned(
          by: ScannedCell(.lstm), recurrentKernel: .zeros([3, 12]))
      }, "scanned: the inputs do not fit the recurrent kernel.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3, 8]).scanned(
          by: ScannedCell(.lstm), recurrentKernel: .zeros([2, 8]), from: [.zeros([2, 2])])
      }, "scanned: the number of states is not the cell's.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3, 8]).scanned(
          by: ScannedCell(.lstm), recurrentKernel: .zeros([2, 8]), stateBias: .zeros([8]))
      }, "scanned: only a GRU has a bias of its own for the state.")
  }

  @Test func `images that cannot be transformed or resized so`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 2, 1]).transformed(by: .zeros([8]))
      }, "transformed: this is no batch of images.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([3, 2, 2, 1]).transformed(by: .zeros([2, 8]))
      }, "transformed: the transforms do not fit the images.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1, 2, 2, 1]).transformed(by: .zeros([8]), interpolation: .bicubic)
      }, "transformed: there is no such interpolation of transformed images.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1, 2, 2, 1]).transformed(by: .zeros([8]), size: [2, -1])
      }, "transformed: the sizes are none.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1, 2, 1]).resized(to: 4, fit: .crop)
      }, "resize: an aspect ratio is that of rows and columns.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1, 4, 4, 1]).transposedConvolved(
          with: .zeros([3, 3, 1, 1]), outputPadding: [0, 0, 1])
      }, "the output padding does not fit.")
  }

  @Test func `axes that are too long to be numbered by int32`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 32]).argsort()
      }, "argsort: the axis is too long.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 32]).argmax()
      }, "argmax: the index does not fit int32.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 32]).nonzero()
      }, "nonzero: an axis is too long.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.randomPermutation(1 << 32)
      }, "randomPermutation: so many integers cannot be permuted.")
  }

  @Test func `sizes that pass what can be addressed`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.zeros([1 << 62], dtype: .uint8)
        _ = Tensor.concatenate([x, x, x, x, x])
      }, "the tensor is too large to address.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.zeros([0, 1 << 62], dtype: .uint8)
        _ = Tensor.concatenate([x, x, x], along: 1)
      }, "the tensor is too large to address.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1 << 62], dtype: .uint8).split(
          sizes: [Int](repeating: 1 << 62, count: 5))
      }, "split: the sizes do not add up to that of the axis.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1], dtype: .uint8).padded([(before: .max, after: .max)])
      }, "the tensor is too large to address.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2], dtype: .uint8).padded(
          [(before: .max, after: .max)], mode: .edge)
      }, "the tensor is too large to address.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([1], dtype: .uint8).diagonalMatrix(offset: .max)
      }, "the tensor is too large to address.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor([0] as [Int32]).oneHot(depth: 1 << 62)
      }, "the tensor is too large to address.")
  }

  @Test func `numbers out of range`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.arange(from: .min, to: .max)
      }, "arange: the range is too long.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.arange(from: 0, to: .min, by: -1, dtype: .int64)
      }, "arange: the range is too long.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.arange(from: 0.0, to: .infinity)
      }, "arange: the range has no end that can be reached.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.arange(300, dtype: .uint8)
      }, "arange: an integer does not fit the element type.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.randomNormal([2], standardDeviation: -1)
      }, "randomNormal: the mean or the deviation is none.")
  }

  @Test func `indices that do not fit, and values that are stored by them`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3])[Tensor([0, 1] as [Int32]), Tensor([0, 1, 2] as [Int32])]
      }, "subscript: the index tensors do not broadcast to a common shape.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3])[Tensor([0.5] as [Float])]
      }, "subscript: a tensor of this element type is no index.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([3])[Tensor([true, false])]
      }, "subscript: the mask does not cover the axes it stands for.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var x = Tensor.zeros([3], dtype: .int32)
        x[0...] = Tensor([0.5, 1, 2] as [Float])
      }, "subscript: a value of another element type was assigned.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var x = Tensor.zeros([3])
        x[0...] = Tensor.zeros([2])
      }, "subscript: the value does not fit what it is assigned to.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        Variable(Tensor.zeros([2]), name: "w").assign(Tensor.zeros([3]))
      }, #"Variable "w": a value of another shape or type was assigned."#)
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let _: [Float] = Tensor.zeros([2, 2]).nested()
      }, "nested: the arrays are not nested as deep as the tensor.")
  }
}
