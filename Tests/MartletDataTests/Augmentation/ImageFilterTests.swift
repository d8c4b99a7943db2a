import MartletTensors
import Testing

@testable import MartletData

@Suite struct ImageFilterTests {
  private static let image = Tensor(
    [1, 2, 0, 4, 5, 3, 7, 1, 2, 6, 0, 8] as [Float], shape: [1, 3, 4, 1])

  @Test func `the inner pixels are sums of their neighbours`() {
    // By hand: 5 · 3 − 2 − 5 − 7 − 6 = -5 and 5 · 7 − 0 − 3 − 1 − 0 = 31.
    let sharp = Self.image.filtered(by: .sharpen)
    #expect(sharp[0, 1, 1, 0].item() == -5)
    #expect(sharp[0, 1, 2, 0].item() == 31)
    #expect(sharp.shape == Self.image.shape)
    let blurred = Self.image.filtered(by: .blur)
    #expect(abs(blurred[0, 1, 1, 0].item() - 26.0 / 9) < 1e-6)
    let bell = Self.image.filtered(by: .gaussianBlur)
    // 1 + 4 + 0 + 10 + 12 + 14 + 2 + 12 + 0, sixteenths.
    #expect(bell[0, 1, 1, 0].item() == 55.0 / 16)
  }

  @Test func `beyond its edges an image goes on with their pixels`() {
    // Around the corner 1: 1 1 2, 1 1 2, 5 5 3.
    let blurred = Self.image.filtered(by: .blur)
    #expect(abs(blurred[0, 0, 0, 0].item() - 21.0 / 9) < 1e-6)
  }

  @Test func `filters of sum 1 keep a plain image, edges vanish in it`() {
    let plain = Tensor.full([2, 4, 4, 3], 7)
    for filter in [ImageFilter.blur, .gaussianBlur, .sharpen] {
      #expect(plain.filtered(by: filter).isClose(to: plain, relative: 1e-6))
    }
    #expect(plain.filtered(by: .edges).isClose(to: plain * 0, absolute: 1e-5))
  }
}
