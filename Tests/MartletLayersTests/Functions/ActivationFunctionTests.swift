import MartletTensors
import Testing

@testable import MartletLayers

/// Activations against Keras 3.15.1 (JAX, float64), whose numbers these are.
@Suite struct ActivationFunctionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let configuration: Configuration
    let expected: [Double]
    init(_ configuration: Configuration, _ expected: [Double]) {
      (self.configuration, self.expected) = (configuration, expected)
    }
    var testDescription: String { "\(configuration.className) \(configuration.values)" }
  }

  static let points = [-8, -2.5, -1, -0.3, 0, 0.4, 0.5, 1, 2.5, 8]

  @Test("activations give Keras' numbers", arguments: cases)
  func values(_ given: Case) throws {
    let activation = try ActivationFunction(configuration: given.configuration)
    let x = Tensor(Self.points, shape: [10], dtype: .float64)
    let found = activation(x).scalars(of: Double.self)
    #expect(found.count == given.expected.count)
    for (a, b) in zip(found, given.expected) { #expect(abs(a - b) <= 1e-9 * abs(b) + 1e-12) }
    let single = activation(x.cast(to: .float32))
    #expect(single.dtype == .float32)
    for (a, b) in zip(single.scalars(of: Double.self), given.expected) {
      #expect(abs(a - b) <= 1e-5 * abs(b) + 1e-6)
    }
  }

  @Test("a configuration makes the same activation again", arguments: cases)
  func configurations(_ given: Case) throws {
    let made = try ActivationFunction(configuration: given.configuration)
    let value = try #require(made.configurationValue.asConfiguration)
    let again = try ActivationFunction(configuration: value)
    #expect(again.configuration == made.configuration)
    let x = Tensor(Self.points, shape: [10])
    #expect(again(x).isEqual(to: made(x)))
  }

  @Test("defaults have plain names, other hyperparameters Keras' layers' names")
  func names() throws {
    #expect(ActivationFunction.leakyRelu.configurationValue == .string("leaky_relu"))
    #expect(
      ActivationFunction.leakyRelu(negativeSlope: 0.2).configurationValue == .string("leaky_relu"))
    #expect(
      ActivationFunction.leakyRelu(negativeSlope: 0.1).configuration
        == Configuration("LeakyReLU", ["negative_slope": .number(0.1)]))
    #expect(ActivationFunction.relu(maxValue: 6).configuration.className == "ReLU")
    #expect(ActivationFunction.elu(alpha: 2).configuration.className == "ELU")
    #expect(ActivationFunction.softmax(axis: 1).configuration.className == "Softmax")
    // The layer's slope is 0.3 by default, the function's 0.2.
    let layer = try ActivationFunction(named: "LeakyReLU")
    #expect(layer(Tensor([-1])).scalars == [-0.3])
    #expect(try ActivationFunction(named: "leaky_relu")(Tensor([-1])).scalars == [-0.2])
    let older = Configuration("LeakyReLU", ["alpha": .number(0.5)])
    #expect(try ActivationFunction(configuration: older)(Tensor([-1])).scalars == [-0.5])
  }

  @Test("aliases and spellings find the same activation")
  func aliases() throws {
    for (alias, name) in [
      ("swish", "silu"), ("hard_swish", "hard_silu"), ("hardSigmoid", "hard_sigmoid"),
      ("ReLU", "relu"), ("Softmax", "softmax"),
    ] {
      #expect(try ActivationFunction(named: alias).configuration.className == name)
    }
  }

  @Test("what losses and layers may fuse is recognised")
  func kinds() {
    #expect(ActivationFunction.linear.isLinear)
    #expect(!ActivationFunction.relu.isLinear)
    #expect(ActivationFunction.softmax.isSoftmax)
    #expect(ActivationFunction.softmax(axis: -1).isSoftmax)
    #expect(!ActivationFunction.softmax(axis: 0).isSoftmax)
    #expect(ActivationFunction.sigmoid.isSigmoid)
    let own = ActivationFunction("double") { $0 * 2 }
    #expect(!own.isLinear)
    #expect(own(Tensor([2])).scalars == [4])
  }

  @Test("an unknown name is thrown with those there are")
  func unknownName() {
    do {
      _ = try ActivationFunction(named: "rellu")
      Issue.record("there is no such activation")
    } catch {
      #expect(error.who == "activation")
      #expect(error.got == "\"rellu\"")
      #expect(error.expected?.contains("mish, relu, relu6, selu") == true)
    }
    #expect(throws: Diagnostic.self) {
      try ActivationFunction(
        configuration: Configuration("elu", ["alpha": .string("big")]))
    }
  }

  @Test("softmax over several axes sums to 1 over them")
  func softmaxOfSeveralAxes() {
    let x = Tensor.arange(24, dtype: .float64).reshaped(to: [2, 3, 4]) * 0.1
    let y = ActivationFunction.softmax(axis: [1, 2])(x)
    #expect(y.sum(along: [1, 2]).isClose(to: .ones([2], dtype: .float64)))
    #expect(y.isClose(to: x.reshaped(to: [2, 12]).softmax().reshaped(to: [2, 3, 4])))
  }

  @Test("sparsemax is the nearest distribution")
  func sparsemax() {
    // Martins and Astudillo, 2016, equation 4: the threshold of [1, 0.8, 0.1] is 0.4.
    let y = ActivationFunction.sparsemax(Tensor([[1, 0.8, 0.1], [3, 1, 0]]))
    #expect(y.isClose(to: Tensor([[0.6, 0.4, 0], [1, 0, 0]])))
    let x = Tensor.randomNormal([5, 7, 3], dtype: .float64, using: RandomSource(seed: 1))
    let z = ActivationFunction.sparsemax(axis: 1)(x)
    #expect(z.sum(along: 1).isClose(to: .ones([5, 3], dtype: .float64)))
    #expect(z.min().item() == 0)
  }
}

extension ActivationFunctionTests {
  static let cases = [
    Case(
      Configuration("relu"),
      [
        0, 0, 0, 0, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration(
        "relu",
        ["negative_slope": .number(0.1), "max_value": .number(3.0), "threshold": .number(1.0)]),
      [
        -0.9, -0.35, -0.2, -0.13, -0.1, -0.06, -0.05, 0, 2.5, 3,
      ]),
    Case(
      Configuration("relu", ["max_value": .number(2.0)]),
      [
        0, 0, 0, 0, 0, 0.4, 0.5, 1, 2, 2,
      ]),
    Case(
      Configuration("relu6"),
      [
        0, 0, 0, 0, 0, 0.4, 0.5, 1, 2.5, 6,
      ]),
    Case(
      Configuration("leaky_relu"),
      [
        -1.6, -0.5, -0.2, -0.06, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("leaky_relu", ["negative_slope": .number(0.3)]),
      [
        -2.4, -0.75, -0.3, -0.09, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("sigmoid"),
      [
        0.0003353501305, 0.07585818002, 0.2689414214, 0.4255574832, 0.5, 0.5986876601,
        0.6224593312, 0.7310585786, 0.92414182, 0.9996646499,
      ]),
    Case(
      Configuration("tanh"),
      [
        -0.9999997749, -0.9866142982, -0.761594156, -0.2913126125, 0, 0.3799489623,
        0.4621171573, 0.761594156, 0.9866142982, 0.9999997749,
      ]),
    Case(
      Configuration("softmax"),
      [
        1.11776522e-07, 2.735081316e-05, 0.0001225778404, 0.000246841458, 0.0003332011161,
        0.0004970776543, 0.0005493557676, 0.0009057345392, 0.004059220585, 0.9932585284,
      ]),
    Case(
      Configuration("log_softmax"),
      [
        -16.0067643, -10.5067643, -9.006764298, -8.306764298, -8.006764298, -7.606764298,
        -7.506764298, -7.006764298, -5.506764298, -0.006764297916,
      ]),
    Case(
      Configuration("elu"),
      [
        -0.9996645374, -0.9179150014, -0.6321205588, -0.2591817793, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("elu", ["alpha": .number(0.5)]),
      [
        -0.4998322687, -0.4589575007, -0.3160602794, -0.1295908897, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("selu"),
      [
        -1.757509564, -1.613785759, -1.111330738, -0.4556673154, 0, 0.4202803949, 0.5253504937,
        1.050700987, 2.626752468, 8.405607899,
      ]),
    Case(
      Configuration("softplus"),
      [
        0.0003354063729, 0.07888973429, 0.3132616875, 0.5543552445, 0.6931471806, 0.9130152524,
        0.9740769842, 1.313261688, 2.578889734, 8.000335406,
      ]),
    Case(
      Configuration("softsign"),
      [
        -0.8888888889, -0.7142857143, -0.5, -0.2307692308, 0, 0.2857142857, 0.3333333333, 0.5,
        0.7142857143, 0.8888888889,
      ]),
    Case(
      Configuration("silu"),
      [
        -0.002682801044, -0.1896454501, -0.2689414214, -0.127667245, 0, 0.239475064,
        0.3112296656, 0.7310585786, 2.31035455, 7.997317199,
      ]),
    Case(
      Configuration("gelu"),
      [
        -4.976768459e-15, -0.01552416331, -0.1586552539, -0.1146265733, 0, 0.2621686966,
        0.3457312306, 0.8413447461, 2.484475837, 8,
      ]),
    Case(
      Configuration("gelu", ["approximate": .bool(true)]),
      [
        -0, -0.01508426609, -0.1588080094, -0.1146290765, 0, 0.2621611694, 0.3457140098,
        0.8411919906, 2.484915734, 8,
      ]),
    Case(
      Configuration("hard_sigmoid"),
      [
        0, 0.08333333333, 0.3333333333, 0.45, 0.5, 0.5666666667, 0.5833333333, 0.6666666667,
        0.9166666667, 1,
      ]),
    Case(
      Configuration("hard_silu"),
      [
        -0, -0.2083333333, -0.3333333333, -0.135, 0, 0.2266666667, 0.2916666667, 0.6666666667,
        2.291666667, 8,
      ]),
    Case(
      Configuration("hard_tanh"),
      [
        -1, -1, -1, -0.3, 0, 0.4, 0.5, 1, 1, 1,
      ]),
    Case(
      Configuration("mish"),
      [
        -0.002683250883, -0.1968162039, -0.3034014614, -0.1511331771, 0, 0.2890305341,
        0.3752452113, 0.8650983883, 2.471392305, 7.999998201,
      ]),
    Case(
      Configuration("exponential"),
      [
        0.0003354626279, 0.08208499862, 0.3678794412, 0.7408182207, 1, 1.491824698, 1.648721271,
        2.718281828, 12.18249396, 2980.957987,
      ]),
    Case(
      Configuration("log_sigmoid"),
      [
        -8.000335406, -2.578889734, -1.313261688, -0.8543552445, -0.6931471806, -0.5130152524,
        -0.4740769842, -0.3132616875, -0.07888973429, -0.0003354063729,
      ]),
    Case(
      Configuration("celu"),
      [
        -0.9996645374, -0.9179150014, -0.6321205588, -0.2591817793, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("celu", ["alpha": .number(2.0)]),
      [
        -1.963368722, -1.426990406, -0.7869386806, -0.2785840471, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("glu"),
      [
        -4.789501281, -1.556148328, -0.7310585786, -0.277242546, 0,
      ]),
    Case(
      Configuration("hard_shrink"),
      [
        -8, -2.5, -1, 0, 0, 0, 0, 1, 2.5, 8,
      ]),
    Case(
      Configuration("soft_shrink"),
      [
        -7.5, -2, -0.5, 0, 0, 0, 0, 0.5, 2, 7.5,
      ]),
    Case(
      Configuration("soft_shrink", ["threshold": .number(1.0)]),
      [
        -7, -1.5, 0, 0, 0, 0, 0, 0, 1.5, 7,
      ]),
    Case(
      Configuration("tanh_shrink"),
      [
        -7.000000225, -1.513385702, -0.238405844, -0.008687387548, 0, 0.02005103774,
        0.03788284274, 0.238405844, 1.513385702, 7.000000225,
      ]),
    Case(
      Configuration("squareplus"),
      [
        0.1231056256, 0.3507810594, 0.6180339887, 0.8611874208, 1, 1.219803903, 1.280776406,
        1.618033989, 2.850781059, 8.123105626,
      ]),
    Case(
      Configuration("squareplus", ["b": .number(1.0)]),
      [
        0.03112887415, 0.09629120178, 0.2071067812, 0.3720153254, 0.5, 0.7385164807,
        0.8090169944, 1.207106781, 2.596291202, 8.031128874,
      ]),
    Case(
      Configuration("sparse_plus"),
      [
        0, 0, 0, 0.1225, 0.25, 0.49, 0.5625, 1, 2.5, 8,
      ]),
    Case(
      Configuration("sparse_sigmoid"),
      [
        0, 0, 0, 0.35, 0.5, 0.7, 0.75, 1, 1, 1,
      ]),
    Case(
      Configuration("threshold", ["threshold": .number(0.45), "default_value": .number(-1.0)]),
      [
        -1, -1, -1, -1, -1, -1, 0.5, 1, 2.5, 8,
      ]),
    Case(
      Configuration("linear"),
      [
        -8, -2.5, -1, -0.3, 0, 0.4, 0.5, 1, 2.5, 8,
      ]),
  ]
}
