import MartletLayers
import MartletTensors
import Testing

/// The computation graph, the activations and the small nets of the course slides.
@Suite("Course graphs")
struct CourseGraphTests {
  @Test("The graph (x + y) · z: a sum passes the gradient on, a product swaps its factors")
  func sumAndProduct() {
    // The slide prints q = 12 and z = 3; x and y stood in a figure, and any that add up to 12 do.
    for (x, y) in [(5.0, 7.0), (12.5, -0.5)] {
      let point = [Tensor(Float(x)), Tensor(Float(y)), Tensor(3.0)]
      let q = point[0] + point[1]
      let (f, slopes) = valueAndGradient(at: point) { ($0[0] + $0[1]) * $0[2] }
      #expect(q.item() == 12 && f.item() == 36)
      #expect(slopes.map { $0.item() } == [3, 3, 12])
      #expect(gradient(at: Array(point[..<2])) { $0[0] + $0[1] }.map { $0.item() } == [1, 1])
      #expect(gradient(at: [q, point[2]]) { $0[0] * $0[1] }.map { $0.item() } == [3, 12])
      #expect(gradient(at: f) { $0 }.item() == 1)
    }
  }

  @Test("A value that is used several times gathers the gradients of all its uses")
  func severalUses() {
    // x enters a sum, a product and both factors of a square.
    let slope = gradient(at: Tensor(4.0)) { x in (x + 2) + x * 3 + x * x }
    #expect(slope.item() == 1 + 3 + 8)
  }

  @Test("Sigmoid, tanh, ReLU and their slopes from −2 to 2")
  func activations() {
    let x = Tensor([-2, -1, 0, 1, 2] as [Double])
    let sigmoid = [0.1192029, 0.2689414, 0.5, 0.7310586, 0.8807971]
    let rows: [(ActivationFunction, values: [Double], slopes: [Double]?)] = [
      (.sigmoid, sigmoid, [0.1049936, 0.1966119, 0.25, 0.1966119, 0.1049936]),
      (
        .tanh, [-0.9640276, -0.7615942, 0, 0.7615942, 0.9640276],
        [0.0706508, 0.4199743, 1, 0.4199743, 0.0706508]
      ),
      (.relu, [0, 0, 0, 1, 2], nil),
    ]
    for (activation, values, slopes) in rows {
      let name = activation.configuration.className
      expectPrinted(activation(x), values, "\(name)")
      guard let slopes else { continue }
      expectPrinted(gradient(at: x) { activation($0).sum() }, slopes, "the slope of \(name)")
    }
    // σ′ = σ (1 − σ).
    let y = x.sigmoid()
    expectPrinted(y * (1 - y), rows[0].slopes ?? [], "σ (1 − σ)")
  }

  @Test("Ten sigmoid layers shrink a gradient to a millionth: no slope is larger than a quarter")
  func vanishingGradient() {
    let steps = Tensor((-400...400).map { Double($0) / 50 })
    let slopes = gradient(at: steps) { $0.sigmoid().sum() }
    #expect(slopes.max().item() == 0.25)
    // ¼¹⁰ is 9.5e-7, the bound for weights of size 1; at 0 with weights that lead back to 0 it is
    // reached.
    func chain(_ x: Tensor) -> Tensor { (0..<10).reduce(x) { h, _ in h.sigmoid() - 0.5 } }
    let reached = gradient(at: Tensor([0] as [Double])) { chain($0).sum() }.item()
    #expect(reached == 0x1p-20 && abs(reached - 9.5e-7) < 1e-8)
    let everywhere = gradient(at: steps) { x in (0..<10).reduce(x) { h, _ in h.sigmoid() }.sum() }
    #expect(everywhere.max().item() <= reached)
  }

  @Test("The nets of three or two inputs, two hidden units and one output: 11 and 9 parameters")
  func smallNets() {
    for (inputs, count) in [(3, 11), (2, 9)] {
      let model = Sequential {
        Input(shape: [inputs])
        Dense(2, activation: .sigmoid)
        Dense(1, activation: .sigmoid)
      }
      #expect(model.countParameters() == count)
    }
  }
}

/// Expects numbers as they are printed, with seven decimals.
func expectPrinted(
  _ found: Tensor, _ printed: [Double], _ what: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let values = found.scalars(of: Double.self)
  let isClose =
    values.count == printed.count && zip(values, printed).allSatisfy { abs($0 - $1) <= 6e-8 }
  #expect(isClose, "\(what()): \(values), printed \(printed)", sourceLocation: sourceLocation)
}
