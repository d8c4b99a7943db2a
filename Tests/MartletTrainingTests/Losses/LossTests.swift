import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// What is common to all losses: weights, masks, ranks and reductions; numbers are Keras 3.15.1's.
@Suite struct LossTests {
  static let y = Tensor([[0.5, -1, 2], [1.5, 0, -0.5]])
  static let p = Tensor([[0, -1.5, 3], [2.5, 0.25, -0.25]])
  /// Targets 0, 0.1, … 2.3 and their sines, two sequences of four steps.
  static let steps = (Tensor(0..<24).cast(to: .float32) / 10).reshaped(to: [2, 4, 3])

  struct Reduced: Sendable {
    let reduction: Loss.Reduction
    let plain: [Double]
    let weighted: [Double]
  }

  @Test(
    "reductions of a batch with and without weights",
    arguments: [
      Reduced(reduction: .sumOverBatchSize, plain: [0.4375], weighted: [0.18124999105930328]),
      Reduced(reduction: .mean, plain: [0.4375], weighted: [0.18124999105930328]),
      Reduced(reduction: .sum, plain: [0.875], weighted: [0.36249998211860657]),
      Reduced(reduction: .meanWithSampleWeight, plain: [0.4375], weighted: [0.402777761220932]),
      Reduced(reduction: .none, plain: [0.5, 0.375], weighted: [0.1, 0.26249998807907104]),
    ])
  func reductions(_ given: Reduced) {
    let loss = Loss.meanSquaredError(reduction: given.reduction)
    expectClose(loss(Self.y, Self.p), given.plain)
    expectClose(loss(Self.y, Self.p, sampleWeight: Tensor([0.2, 0.7])), given.weighted)
  }

  struct Masked: Sendable {
    let reduction: Loss.Reduction
    let masked: [Double]
    let both: [Double]
    let weighted: [Double]
  }

  @Test(
    "masks and weights of time steps",
    arguments: [
      Masked(
        reduction: .sumOverBatchSize, masked: [0.601391613483429], both: [0.09397854655981064],
        weighted: [0.10908210277557373]),
      Masked(
        reduction: .sum, masked: [3.006957769393921], both: [0.4698927402496338],
        weighted: [0.8726568222045898]),
      Masked(
        reduction: .meanWithSampleWeight, masked: [0.6013915538787842],
        both: [0.12530472874641418], weighted: [0.12928248941898346]),
      Masked(
        reduction: .none,
        masked: [
          5.994804723741254e-07, 0.00018511612142901868, 0, 0, 0.11894935369491577, 0,
          0.9272343516349792, 1.9605884552001953,
        ],
        both: [
          2.997402361870627e-07, 0.00018511612142901868, 0, 0, 0.23789870738983154, 0,
          0.2318085879087448, 0,
        ],
        weighted: [
          2.997402361870627e-07, 0.00018511612142901868, 0.003730613738298416,
          0.027446141466498375, 0.23789870738983154, 0.371587336063385, 0.2318085879087448, 0,
        ]),
    ])
  func masks(_ given: Masked) {
    let loss = Loss.meanSquaredError(reduction: given.reduction)
    let mask = Tensor([[true, true, false, false], [true, false, true, true]])
    let weight = Tensor([[0.5, 1, 1, 1], [2, 1, 0.25, 0]])
    let (y, p) = (Self.steps, Self.steps.sin())
    expectClose(loss(y, p, mask: mask), given.masked)
    expectClose(loss(y, p, sampleWeight: weight, mask: mask), given.both)
    expectClose(loss(y, p, sampleWeight: weight), given.weighted)
  }

  @Test("a mask that leaves nothing costs nothing")
  func emptyMask() {
    let mask = Tensor([false, false])
    for reduction in Loss.Reduction.allCases where reduction != .none {
      let loss = Loss.meanSquaredError(reduction: reduction)
      #expect(loss(Self.y, Self.p, mask: mask).item() == 0)
    }
  }

  @Test("weights of whole samples count for each of their time steps")
  func weightsOfSequences() {
    let (y, p) = (Self.steps, Self.steps.sin())
    let each = Tensor([[0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2]])
    let loss = Loss.meanSquaredError
    #expect(
      loss(y, p, sampleWeight: Tensor([0.5, 2])).item() == loss(y, p, sampleWeight: each).item())
  }

  @Test("labels [batch] fit predictions [batch, 1], and the other way round")
  func ranks() {
    let (y, p) = (Tensor([1, 2, 4]), Tensor([1, 0, 1]))
    let expected = 13.0 / 3
    expectClose(Loss.mse(y, p.reshaped(to: [3, 1])), [expected])
    expectClose(Loss.mse(y.reshaped(to: [3, 1]), p), [expected])
    #expect(Loss.mse.values(y, p.reshaped(to: [3, 1])).shape == [3])
  }

  @Test("integer targets are converted to the predictions' type")
  func integerTargets() {
    let labels = Tensor([1, 0, 1], dtype: .int32)
    expectClose(Loss.mae(labels, Tensor([0.5, 0.5, 0])), [2.0 / 3])
    let wide = Loss.mae(labels, Tensor([0.5, 0.5, 0] as [Double]))
    #expect(wide.dtype == .float64)
  }

  @Test("a closure is a loss like the others")
  func closure() {
    let loss = Loss("fourth_power", reduction: .sum) { y, p in (y - p).pow(4).mean(along: -1) }
    expectClose(loss(Tensor([[0, 2]]), Tensor([[1, 0]])), [8.5])
    #expect(loss.name == "fourth_power")
    #expect(loss.configuration.className == "fourth_power")
    #expect(loss.configuration.values["reduction"] == .string("sum"))
  }

  @Test("the functions give what the members of Loss give")
  func functions() {
    let (y, p) = (Self.y, Self.p)
    let weight = Tensor([0.2, 0.7])
    #expect(
      huber(y, p, delta: 0.4, sampleWeight: weight).item()
        == Loss.huber(delta: 0.4)(y, p, sampleWeight: weight).item())
    #expect(meanSquaredError(y, p).item() == Loss.mse(y, p).item())
    let labels = Tensor([2, 0])
    #expect(
      sparseCategoricalCrossentropy(labels, p, fromLogits: true).item()
        == Loss.sparseCategoricalCrossentropy(fromLogits: true)(labels, p).item())
  }

  @Test("unweighted means record the sum over everything, not one per axis")
  func singleSum() {
    let loss = Loss.mse(Self.y, Self.p)
    #expect(loss.plan.description.components(separatedBy: "sum").count == 2)
  }
}
