import Foundation
import Testing

@testable import MartletTensors

@Suite struct WinogradTests {
  /// Layers of networks, small.
  private struct Layer: CustomTestStringConvertible {
    let batch: Int
    let image: [Int]
    let window: Int
    let channels: Int
    let filters: Int
    var padding = Padding.same

    var testDescription: String { "\(batch) × \(image) × \(channels) by \(window) to \(filters)" }

    func tensor(_ shape: Shape, seed: Int) -> Tensor {
      Tensor(noise(shape.elementCount, seed: seed), shape: shape)
    }
    var x: Tensor { tensor([batch] + image + [channels], seed: 1).cast(to: .float32).evaluated() }
    var w: Tensor {
      let size = 1 / sqrt(Double(window * window * channels))
      return (tensor([window, window, channels, filters], seed: 2) * size).cast(to: .float32)
        .evaluated()
    }

    func y(_ x: Tensor, _ w: Tensor) -> Tensor { x.convolved(with: w, padding: padding) }

    func dx(_ x: Tensor, _ w: Tensor) -> Tensor {
      let dy = tensor(y(x, w).shape, seed: 3).cast(to: x.dtype)
      return gradient(at: [x]) { (y($0[0], w) * dy).sum() }[0]
    }

    func dw(_ x: Tensor, _ w: Tensor) -> Tensor {
      let dy = tensor(y(x, w).shape, seed: 3).cast(to: x.dtype)
      return gradient(at: [w]) { (y(x, $0[0]) * dy).sum() }[0]
    }
  }

  private static let layers = [
    Layer(batch: 1, image: [28, 28], window: 3, channels: 64, filters: 64),
    Layer(batch: 2, image: [14, 13], window: 3, channels: 130, filters: 36, padding: .valid),
    Layer(batch: 3, image: [14, 14], window: 5, channels: 32, filters: 60),
    Layer(batch: 3, image: [7, 7], window: 5, channels: 60, filters: 128),
    Layer(
      batch: 1, image: [9, 30], window: 3, channels: 40, filters: 33,
      padding: .explicit([(2, 1), (0, 2)])),
    Layer(batch: 1, image: [6, 6], window: 3, channels: 300, filters: 64),
  ]

  /// The kernels that a tensor would take.
  private func kernels(_ tensor: Tensor) -> String { tensor.plan.description }

  @Test(arguments: layers)
  private func `errors are within 1e-5 of the largest element`(layer: Layer) {
    let (x, w) = (layer.x, layer.w)
    #expect(kernels(layer.y(x, w)).contains("squares"))
    for (name, compute) in [("y", layer.y), ("dx", layer.dx), ("dw", layer.dw)] {
      // So small an image that its filters' gradient is not worth the way.
      if name == "dw" && layer.image == [6, 6] { continue }
      let transformed = compute(x, w).scalars(of: Double.self)
      let direct = withoutWinograd { compute(x, w).scalars(of: Double.self) }
      let true64 = compute(x.cast(to: .float64), w.cast(to: .float64)).scalars(of: Double.self)
      let sizes = compute(abs64(x), abs64(w)).scalars(of: Double.self).map { abs($0) }
      let largest = true64.map { abs($0) }.max() ?? 0
      func error(_ values: [Double], _ others: [Double]) -> Double {
        zip(values, others).map { abs($0 - $1) }.max() ?? 0
      }
      #expect(transformed != direct, "\(name) was not transformed")
      #expect(error(transformed, true64) <= 4e-6 * largest, "\(name)")
      #expect(error(transformed, direct) <= 1e-5 * largest, "\(name)")
      // Element by element, in units of the sum of sizes that the true sum has.
      if name == "y" {
        for (value, (expected, size)) in zip(transformed, zip(true64, sizes)) {
          #expect(abs(value - expected) <= 24 * 0x1p-24 * size)
        }
      }
    }
  }

  private func abs64(_ x: Tensor) -> Tensor { x.cast(to: .float64).abs() }

  @Test func `threads, fusion and company change no bits`() {
    let layer = Self.layers[2]
    let (x, w) = (layer.x, layer.w)
    let bias = Tensor(noise(layer.filters, seed: 4), shape: [layer.filters]).cast(to: .float32)
    func run(_ x: Tensor) -> [[UInt32]] {
      [(layer.y(x, w) + bias).relu(), layer.dx(x, w), layer.dw(x, w)].map {
        $0.scalars.map(\.bitPattern)
      }
    }
    let expected = run(x)
    #expect(withoutFusion { run(x) } == expected)
    for threads in [1, 2, 3, 7] {
      #expect(withThreads(threads) { run(x) } == expected, "\(threads) threads")
    }
    let alone = (layer.y(x[1..<2], w) + bias).relu().scalars.map(\.bitPattern)
    #expect(alone[...] == expected[0][alone.count..<2 * alone.count])
  }

  @Test func `it can be switched off, and is never used where it must not be`() {
    let layer = Self.layers[0]
    let (x, w) = (layer.x, layer.w)
    #expect(withoutWinograd { !kernels(layer.y(x, w)).contains("squares") })
    #expect(!kernels(layer.y(x.cast(to: .float64), w.cast(to: .float64))).contains("squares"))
    #expect(!kernels(x.convolved(with: w, strides: 2)).contains("squares"))
    #expect(!kernels(x.convolved(with: w, dilations: 2)).contains("squares"))
    #expect(!kernels(x.convolved(with: w[0...0], padding: .same)).contains("squares"))
    #expect(
      !kernels(x[0..., 0..., 0..., ..<16].convolved(with: w[0..., 0..., ..<16])).contains("squares")
    )
    // A switched plan is another plan.
    let plain = withoutWinograd { layer.y(x, w).scalars }
    #expect(plain != layer.y(x, w).scalars)
    #expect(plain == withoutWinograd { layer.y(x, w).scalars })
  }

  @Test func `infinities and NaN reach the windows that see them, and no others`() {
    let layer = Self.layers[0]
    var elements = layer.x.scalars
    elements[(5 * 28 + 9) * 64 + 3] = .infinity
    elements[(20 * 28 + 2) * 64 + 60] = .nan
    let x = Tensor(elements, shape: [1, 28, 28, 64])
    let found = layer.y(x, layer.w).scalars
    let direct = withoutWinograd { layer.y(x, layer.w).scalars }
    for (value, expected) in zip(found, direct) where value != expected {
      if expected.isFinite {
        #expect(abs(value - expected) <= 1e-5)
      } else {
        #expect(expected.isNaN && value.isNaN)
      }
    }
    let gradient = layer.dw(x, layer.w).scalars
    let directGradient = withoutWinograd { layer.dw(x, layer.w).scalars }
    // Beside what is infinite or NaN in the one, the other has the same bits: it was summed again.
    #expect(gradient.map(\.isNaN) == directGradient.map(\.isNaN))
    #expect(zip(gradient, directGradient).allSatisfy { $0 == $1 || $0.isNaN })
    #expect(gradient.contains { !$0.isFinite })
    #expect(found.count(where: { $0.isInfinite }) == 9 * 64)
    #expect(found.count(where: { $0.isNaN }) == 9 * 64)
  }
}
