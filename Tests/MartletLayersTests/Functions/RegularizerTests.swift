import MartletTensors
import Testing

@testable import MartletLayers

/// Penalties against Keras 3.15.1 (JAX, float64).
@Suite struct RegularizerTests {
  private let weight = Tensor(
    [1, -2, 0.5, 3, 0, -1, -2, 1, 0.25], shape: [3, 3], dtype: .float64)

  @Test("penalties are Keras'")
  func penalties() {
    let expected: [(Regularizer, Double)] = [
      (.l1(0.1), 1.075), (.l2(0.1), 2.03125), (.l1l2(l1: 0.1, l2: 0.2), 5.1375),
      (.orthogonal(0.5), 0.32918044008846864),
      (.orthogonal(0.5, mode: .columns), 0.2451192796403471),
    ]
    for (regularizer, value) in expected {
      let penalty = regularizer(weight)
      #expect(penalty.shape == [])
      #expect(abs(penalty.item() - value) < 1e-12 * value)
      #expect(abs(regularizer(weight.cast(to: .float32)).item() - value) < 1e-5 * value)
    }
  }

  @Test("defaults are Keras'")
  func defaults() throws {
    #expect(Regularizer.l1.configuration == Configuration("L1", ["l1": .number(0.01)]))
    #expect(Regularizer.l2.configuration == Configuration("L2", ["l2": .number(0.01)]))
    #expect(try Regularizer(named: "l2").configuration == Regularizer.l2.configuration)
    let both = Configuration("L1L2", ["l1": .number(0), "l2": .number(0)])
    #expect(try Regularizer(named: "l1_l2").configuration == both)
    #expect(try Regularizer(named: "L1L2")(weight).item() == 0)
  }

  @Test("a configuration makes the same regularizer again")
  func configurations() throws {
    for regularizer in [
      Regularizer.l1(0.1), .l2(0.5), .l1l2(l1: 1, l2: 2), .orthogonal(2, mode: .columns),
    ] {
      let again = try Regularizer(configuration: regularizer.configuration)
      #expect(again.configuration == regularizer.configuration)
      #expect(again(weight).isEqual(to: regularizer(weight)))
    }
  }

  @Test("one vector has nothing to be orthogonal to")
  func singleVector() {
    #expect(Regularizer.orthogonal(Tensor([[1, 2]])).item() == 0)
    let zeros = Regularizer.orthogonal(Tensor.zeros([2, 2]))
    #expect(zeros.item() == 0)
  }

  @Test("the gradient of a penalty at 0 is finite")
  func gradientAtZero() {
    for regularizer in [Regularizer.l1, .l2, .orthogonal] {
      let gradient = gradient(at: Tensor.zeros([2, 2])) { regularizer($0) }
      #expect(gradient.scalars == [0, 0, 0, 0])
    }
  }

  @Test("mistakes in a configuration are thrown")
  func mistakes() {
    for configuration in [
      Configuration("L3"), Configuration("L1", ["l1": .number(-1)]),
      Configuration("L2", ["l2": .number(.infinity)]), Configuration("L2", ["l2": .string("x")]),
      Configuration("OrthogonalRegularizer", ["mode": .string("diagonals")]),
    ] {
      #expect(throws: Diagnostic.self) { try Regularizer(configuration: configuration) }
    }
  }
}
