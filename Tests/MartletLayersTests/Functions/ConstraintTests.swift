import MartletTensors
import Testing

@testable import MartletLayers

/// Constraints against Keras 3.15.1 (JAX, float64).
@Suite struct ConstraintTests {
  private let matrix = Tensor(
    [1, -2, 0.5, 3, 0, -1, -2, 1, 0.25], shape: [3, 3], dtype: .float64)
  private let kernel = Tensor.arange(24, dtype: .float64).sin().reshaped(to: [2, 2, 3, 2])

  @Test("weights in bounds are Keras'")
  func values() {
    let expected: [(Constraint, Tensor, [Double])] = [
      (
        .maxNorm(2), matrix,
        [
          0.5345224695, -1.788854302, 0.4999999564, 1.603567409, 0, -0.9999999127,
          -1.069044939, 0.894427151, 0.2499999782,
        ]
      ),
      (
        .maxNorm(1.5, axis: 1), matrix,
        [
          0.6546536421, -1.309307284, 0.3273268211, 1.423024902, 0, -0.474341634,
          -1.333333274, 0.666666637, 0.1666666593,
        ]
      ),
      (
        .unitNorm, matrix,
        [
          0.2672612348, -0.894427151, 0.4364357424, 0.8017837043, 0, -0.8728714848,
          -0.5345224695, 0.4472135755, 0.2182178712,
        ]
      ),
      (
        .nonNegative, matrix,
        [
          1, 0, 0.5, 3, 0, 0, 0, 1, 0.25,
        ]
      ),
      (
        .minMaxNorm(min: 0.5, max: 1, rate: 0.5), matrix,
        [
          0.633630604, -1.447213531, 0.4682178494, 1.900891812, 0, -0.9364356987,
          -1.267261208, 0.7236067654, 0.2341089247,
        ]
      ),
      (
        .maxNorm(0.5, axis: [0, 1, 2]), kernel,
        [
          0, 0.1688187206, 0.1938264797, 0.02831196755, -0.1613205528, -0.1923825921,
          -0.05956040433, 0.1318068467, 0.2108923005, 0.08268058754, -0.115963923,
          -0.2006213765, -0.114376261, 0.08429531485, 0.2111585614, 0.1304629193,
          -0.06136967369, -0.1928787772, -0.1600809703, 0.03006886659, 0.1946040524,
          0.1678526498, -0.00188675132, -0.169771565,
        ]
      ),
      (
        .unitNorm(axis: [0, 1, 2]), kernel,
        [
          0, 0.3376374412, 0.3876529595, 0.05662393509, -0.3226411055, -0.3847651842,
          -0.1191208087, 0.2636136933, 0.4217846009, 0.1653611751, -0.2319278461,
          -0.4012427531, -0.228752522, 0.1685906297, 0.4223171228, 0.2609258387,
          -0.1227393474, -0.3857575544, -0.3201619406, 0.06013773319, 0.3892081049,
          0.3357052995, -0.003773502641, -0.33954313,
        ]
      ),
    ]
    for (constraint, weight, values) in expected {
      let found = constraint(weight)
      #expect(found.shape == weight.shape)
      let wanted = Tensor(values, shape: weight.shape, dtype: .float64)
      #expect(found.isClose(to: wanted, relative: 1e-9, absolute: 1e-10))
      let single = constraint(weight.cast(to: .float32))
      #expect(single.isClose(to: wanted.cast(to: .float32), relative: 1e-5, absolute: 1e-7))
    }
  }

  @Test("zeros stay zeros")
  func zeros() {
    for constraint in [Constraint.maxNorm, .unitNorm, .minMaxNorm, .nonNegative] {
      #expect(constraint(.zeros([2, 2])).scalars == [0, 0, 0, 0])
    }
  }

  @Test("a configuration makes the same constraint again")
  func configurations() throws {
    for constraint in [
      Constraint.maxNorm(3, axis: [0, 1]), .unitNorm(axis: 1), .nonNegative,
      .minMaxNorm(min: 0.1, max: 0.2, rate: 0.3, axis: 1),
    ] {
      let again = try Constraint(configuration: constraint.configuration)
      #expect(again.configuration == constraint.configuration)
      #expect(again(matrix).isEqual(to: constraint(matrix)))
    }
  }

  @Test("names, defaults and mistakes")
  func names() throws {
    #expect(
      try Constraint(named: "max_norm").configuration
        == Configuration("MaxNorm", ["max_value": .number(2), "axis": .int(0)]))
    #expect(try Constraint(named: "NonNeg").configuration == Configuration("NonNeg"))
    #expect(
      try Constraint(configuration: Configuration("MaxNorm", ["m": .number(3)]))
        .configuration["max_value"] == .number(3))
    #expect(throws: Diagnostic.self) { try Constraint(named: "max") }
  }
}
