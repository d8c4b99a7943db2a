import MartletTensors
import Testing

@testable import MartletData

@Suite struct CategoricalTests {
  // Keras 3.15, to_categorical.
  @Test func `labels become rows with a 1`() throws {
    let rows = try toCategorical([0, 2, 1])
    #expect(rows.nested(as: [[Float]].self) == [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    #expect(rows.dtype == .float32)
    #expect(try toCategorical([1], numClasses: 4).scalars == [0, 1, 0, 0])
  }

  @Test func `a last axis of size 1 is dropped, another is kept`() throws {
    #expect(try toCategorical(Tensor([[0], [1]], dtype: .int32)).shape == [2, 2])
    #expect(try toCategorical(Tensor([1], dtype: .int32)).shape == [1, 2])
    let grid = try toCategorical(Tensor([[0, 1], [2, 0]], dtype: .uint8), numClasses: 5)
    #expect(grid.shape == [2, 2, 5])
    #expect(grid[1, 0].scalars == [0, 0, 1, 0, 0])
    #expect(try toCategorical([0, 1], dtype: .float64).dtype == .float64)
  }

  @Test func `labels out of range, or no integers, are refused`() throws {
    let error = #expect(throws: Diagnostic.self) { try toCategorical([0, 3], numClasses: 3) }
    #expect(error?.got == "3, element 1")
    #expect(throws: Diagnostic.self) { try toCategorical([-1]) }
    #expect(throws: Diagnostic.self) { try toCategorical(Tensor([0.5])) }
  }
}
