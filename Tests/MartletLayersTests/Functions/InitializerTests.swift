import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct InitializerTests {
  static let all = [
    "Zeros", "Ones", "Constant", "Identity", "Orthogonal", "RandomNormal", "TruncatedNormal",
    "RandomUniform", "VarianceScaling", "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal",
    "LecunUniform", "LecunNormal",
  ]

  @Test("fans follow Keras' rule")
  func fans() {
    let expected: [([Int], Int, Int)] = [
      ([], 1, 1), ([7], 7, 7), ([3, 5], 3, 5), ([3, 4, 5], 12, 15), ([3, 3, 16, 32], 144, 288),
      ([2, 3, 4, 5, 6], 120, 144), ([0, 4], 0, 4),
    ]
    for (shape, fanIn, fanOut) in expected {
      let fans = Fans(shape)
      #expect((fans.in, fans.out) == (fanIn, fanOut), "\(shape)")
    }
    // A query kernel [width, heads, size] sums over the width.
    let fans = Fans([64, 8, 16], inputAxes: [0], outputAxes: [1, 2])
    #expect((fans.in, fans.out) == (64, 128))
  }

  /// Deviation and bound of a weight `[3, 3, 16, 32]`, whose fans are 144 and 288.
  static let scaled: [(name: String, deviation: Double, bound: Double)] = [
    ("GlorotUniform", (1.0 / 216).squareRoot(), (3.0 / 216).squareRoot()),
    ("GlorotNormal", (1.0 / 216).squareRoot(), 2 * (1.0 / 216).squareRoot() / 0.8796256610342398),
    ("HeUniform", (2.0 / 144).squareRoot(), (6.0 / 144).squareRoot()),
    ("HeNormal", (2.0 / 144).squareRoot(), 2 * (2.0 / 144).squareRoot() / 0.8796256610342398),
    ("LecunUniform", (1.0 / 144).squareRoot(), (3.0 / 144).squareRoot()),
    ("LecunNormal", (1.0 / 144).squareRoot(), 2 * (1.0 / 144).squareRoot() / 0.8796256610342398),
    ("RandomNormal", 0.05, .infinity),
    ("TruncatedNormal", 0.05 * 0.8796256610342398, 0.1),
    ("RandomUniform", 0.05 / 3.squareRoot(), 0.05),
  ]

  @Test("random weights have mean 0 and the deviation of their fans", arguments: scaled.indices)
  func statistics(_ index: Int) throws {
    let (name, deviation, bound) = Self.scaled[index]
    let initializer = try Initializer(named: name)
    let weight = initializer([3, 3, 16, 32], dtype: .float64, using: RandomSource(seed: 3))
    let found = weight.scalars(of: Double.self)
    let count = Double(found.count)
    let mean = found.reduce(0, +) / count
    let variance = found.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / count
    // Five standard errors of a mean; the deviation of 4,608 numbers is known to about 1 %.
    #expect(abs(mean) < 5 * deviation / count.squareRoot())
    #expect(abs(variance.squareRoot() / deviation - 1) < 0.05)
    let largest = found.map { abs($0) }.max()!
    #expect(largest <= bound)
    if bound.isFinite { #expect(largest > 0.95 * bound) }
  }

  @Test("scaling by either fan and any distribution")
  func varianceScaling() throws {
    let modes: [(Initializer.FanMode, Double)] = [
      (.fanIn, 144), (.fanOut, 288), (.fanAverage, 216),
    ]
    for (mode, fan) in modes {
      for distribution in Initializer.Distribution.allCases {
        let made = Initializer.varianceScaling(scale: 0.7, mode: mode, distribution: distribution)
        let weight = made([3, 3, 16, 32], using: RandomSource(seed: 5))
        let deviation = weight.standardDeviation().item()
        #expect(abs(deviation / (0.7 / fan).squareRoot() - 1) < 0.05, "\(mode) \(distribution)")
        let again = try Initializer(configuration: made.configuration)
        #expect(again.configuration == made.configuration)
      }
    }
  }

  @Test(
    "orthogonal weights are", arguments: [[5, 5], [3, 7], [7, 3], [3, 3, 2, 4], [2, 3, 9]])
  func orthogonal(_ shape: [Int]) {
    let weight = Initializer.orthogonal(gain: 2)(
      shape, dtype: .float64, using: RandomSource(seed: 1))
    #expect(weight.shape == shape)
    let rows = shape.dropLast().reduce(1, *)
    let matrix = weight.reshaped(to: [rows, shape.last!])
    let isWide = rows < shape.last!
    let square =
      isWide ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
    let identity = Tensor.eye(min(rows, shape.last!), dtype: .float64) * 4
    #expect(square.isClose(to: identity, relative: 0, absolute: 1e-12))
  }

  @Test("fixed values")
  func fixedValues() {
    #expect(Initializer.zeros([2]).scalars == [0, 0])
    #expect(Initializer.ones([2]).scalars == [1, 1])
    #expect(Initializer.constant(0.25)([2]).scalars == [0.25, 0.25])
    #expect(Initializer.identity([2, 3]).scalars == [1, 0, 0, 0, 1, 0])
    #expect(Initializer.identity(gain: 3)([2, 2]).scalars == [3, 0, 0, 3])
    #expect(Initializer.ones([2], dtype: .int32).dtype == .int32)
  }

  @Test("any shape and type is made, empty ones too", arguments: all)
  func shapesAndTypes(_ name: String) throws {
    let initializer = try Initializer(named: name)
    for shape in [[0, 3], [3, 0], [1, 1], [4, 2]] {
      for dtype in [DType.float32, .float64] {
        let weight = initializer(shape, dtype: dtype).evaluated()
        #expect((weight.shape, weight.dtype) == (shape, dtype))
      }
    }
  }

  @Test("a seed gives the same numbers each time, and a source others each time")
  func seeds() {
    let source = RandomSource(seed: 1)
    for make in [
      Initializer.glorotUniform(seed:), Initializer.heNormal(seed:),
      { Initializer.orthogonal(seed: $0) }, { Initializer.randomNormal(seed: $0) },
    ] {
      let seeded = make(7)
      #expect(seeded([3, 4]).isEqual(to: seeded([3, 4], using: source)))
      #expect(!seeded([3, 4]).isEqual(to: make(8)([3, 4])))
      let free = make(nil)
      #expect(!free([3, 4], using: source).isEqual(to: free([3, 4], using: source)))
      let (a, b) = (RandomSource(seed: 2), RandomSource(seed: 2))
      #expect(free([3, 4], using: a).isEqual(to: free([3, 4], using: b)))
      let c = withRandomSeed(4) { free([3, 4]) }
      #expect(c.isEqual(to: withRandomSeed(4) { free([3, 4]) }))
    }
  }

  @Test("a configuration makes the same initializer again", arguments: all)
  func configurations(_ name: String) throws {
    var configuration = try Initializer(named: name).configuration
    #expect(configuration.className == name)
    if configuration.values["seed"] != nil { configuration.values["seed"] = .int(3) }
    let made = try Initializer(configuration: configuration)
    #expect(made.configuration == configuration)
    let again = try Initializer(configuration: made.configuration)
    #expect(made([3, 4]).isEqual(to: again([3, 4])))
  }

  @Test("Keras' aliases and spellings are known")
  func aliases() throws {
    for (alias, name) in [
      ("glorot_uniform", "GlorotUniform"), ("glorotUniform", "GlorotUniform"),
      ("zero", "Zeros"), ("one", "Ones"), ("uniform", "RandomUniform"),
      ("normal", "RandomNormal"), ("OrthogonalInitializer", "Orthogonal"),
      ("IdentityInitializer", "Identity"), ("lecun_normal", "LecunNormal"),
    ] {
      #expect(try Initializer(named: alias).configuration.className == name)
    }
  }

  @Test("Keras' configurations with keys of other versions are read")
  func otherVersions() throws {
    let given = Configuration(
      "GlorotUniform",
      ["seed": .null, "input_axes": .null, "output_axes": .null, "dtype": .string("float32")])
    #expect(
      try Initializer(configuration: given).configuration
        == Initializer.glorotUniform.configuration)
    let attention = Configuration(
      "HeUniform", ["input_axes": .ints([0]), "output_axes": .ints([1, 2])])
    let weight = try Initializer(configuration: attention)([10_000, 1, 1])
    #expect(weight.abs().max().item() < (6.0 / 10_000).squareRoot())
  }

  @Test("mistakes in a configuration are thrown")
  func mistakes() {
    for configuration in [
      Configuration("Nothing"), Configuration("VarianceScaling", ["scale": .number(0)]),
      Configuration("VarianceScaling", ["mode": .string("fan")]),
      Configuration("VarianceScaling", ["distribution": .string("x")]),
      Configuration("RandomNormal", ["stddev": .number(-1)]),
      Configuration("RandomUniform", ["minval": .number(1)]),
      Configuration("Constant", ["value": .string("x")]),
    ] {
      #expect(throws: Diagnostic.self) { try Initializer(configuration: configuration) }
    }
  }
}
