import MartletTensors
import Testing

@testable import MartletData

@Suite struct StandardizationTests {
  // NumPy 2.4: x = [[1, 10, 5], [2, 20, 5], [4, 60, 5]]; x.mean(0), x.std(0)
  private let x = Tensor([[1, 10, 5], [2, 20, 5], [4, 60, 5]])

  @Test func `features come to mean 0 and deviation 1`() throws {
    let scale = try Standardization(fitting: x)
    #expect(scale.mean.scalars == [2.3333333, 30, 5])
    #expect(scale.deviation.isClose(to: Tensor([[1.24721913, 21.60246899, 1]]), relative: 1e-6))
    let y = scale(x)
    #expect(y.mean(along: 0).isClose(to: Tensor.zeros([3]), absolute: 1e-6))
    #expect(y[.all, 2].scalars == [0, 0, 0])
    #expect(scale.inverted(y).isClose(to: x, relative: 1e-6))
  }

  @Test func `other data is scaled by the same figures`() throws {
    let scale = try Standardization(fitting: x)
    // ([[3, 30, 7]] - mean) / std
    #expect(scale(Tensor([[3, 30, 7]])).isClose(to: Tensor([[0.53452248, 0, 2]]), relative: 1e-6))
    #expect(scale(Tensor([[3, 30, 7]], dtype: .int32)).dtype == .float32)
  }

  @Test func `axes can be chosen, and types are kept`() throws {
    let all = try Standardization(fitting: x.cast(to: .float64), along: [0, 1])
    #expect(all.mean.shape == [1, 1])
    #expect(all.mean.dtype == .float64)
    // x.mean(), x.std()
    #expect(abs(all.mean.item() - 12.444444444444445) < 1e-14)
    #expect(abs(all.deviation.item() - 17.645340027649173) < 1e-13)
    let images = try Standardization(fitting: Tensor.ones([2, 3, 3, 4]))
    #expect(images.mean.shape == [1, 1, 1, 4])
    let vector = try Standardization(fitting: Tensor([1, 3]))
    #expect(vector(Tensor([1, 3])).scalars == [-1, 1])
  }

  @Test func `no data is an error`() {
    #expect(throws: Diagnostic.self) { try Standardization(fitting: .zeros([0, 3])) }
  }
}
