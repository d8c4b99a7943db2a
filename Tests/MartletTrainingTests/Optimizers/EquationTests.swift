import MartletTensors
import Testing

@testable import MartletTraining

/// Every optimizer's equation against Keras 3.15.1, whose numbers these are: computed with JAX in
/// float64, on the data of Keras' own tests.
@Suite struct EquationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let configuration: Configuration
    let expected: [Double]
    init(_ configuration: Configuration, _ expected: [Double]) {
      (self.configuration, self.expected) = (configuration, expected)
    }
    var testDescription: String {
      "\(configuration.className) \(configuration.values.keys.sorted())"
    }
  }

  @Test("five steps from ones give Keras' numbers", arguments: cases)
  func fiveSteps(_ given: Case) throws {
    let optimizer = try Optimizer.make(given.configuration)
    let x = Variable(.ones([10], dtype: .float64), name: "x")
    let first = Tensor.full([10], 0.01, dtype: .float64)
    let rest = Tensor.linspace(from: 0.1, to: 1, count: 10, dtype: .float64)
    for step in 0..<5 { optimizer.apply([step == 0 ? first : rest], to: [x]) }
    optimizer.finalizeVariables()
    let found = x.value.scalars(of: Double.self)
    for (a, b) in zip(found, given.expected) { #expect(abs(a - b) <= 1e-8 * max(abs(b), 1)) }
  }

  @Test("five steps in float32 stay within 1e-5", arguments: cases)
  func fiveStepsInFloat32(_ given: Case) throws {
    let optimizer = try Optimizer.make(given.configuration)
    let x = Variable(.ones([10]), name: "x")
    let rest = Tensor.linspace(from: 0.1, to: 1, count: 10)
    for step in 0..<5 { optimizer.apply([step == 0 ? .full([10], 0.01) : rest], to: [x]) }
    optimizer.finalizeVariables()
    let found = x.value.scalars(of: Double.self)
    for (a, b) in zip(found, given.expected) { #expect(abs(a - b) <= 1e-5 * max(abs(b), 1)) }
  }

  @Test("matrices and vectors together give Keras' numbers", arguments: matrixCases)
  func matrices(_ given: MatrixCase) throws {
    let optimizer = try Optimizer.make(given.configuration)
    let grid = Tensor.arange(12, dtype: .float64)
    let kernel = Variable((grid * 0.1 - 0.5).reshaped(to: [3, 4]), name: "dense/kernel")
    let bias = Variable(Tensor([0.1, -0.2, 0.3, 0.4], shape: [4], dtype: .float64), name: "bias")
    let row = Tensor.arange(4, dtype: .float64) * 1.5
    for step in 0..<3 {
      let gradients = [
        (grid + Double(step)).sin().reshaped(to: [3, 4]), (row + Double(step)).cos(),
      ]
      optimizer.apply(gradients, to: [kernel, bias])
    }
    #expect(kernel.value.isClose(to: tensor(given.kernel, [3, 4]), relative: 1e-8, absolute: 1e-9))
    #expect(bias.value.isClose(to: tensor(given.bias, [4]), relative: 1e-8, absolute: 1e-9))
  }

  struct MatrixCase: Sendable {
    let configuration: Configuration
    let kernel: [Double]
    let bias: [Double]
  }

  private func tensor(_ numbers: [Double], _ shape: Shape) -> Tensor {
    Tensor(numbers, shape: shape, dtype: .float64)
  }
}

extension EquationTests {
  static let matrixCases = [
    MatrixCase(
      configuration: Configuration("Muon", ["learning_rate": .number(0.1)]),
      kernel: [
        -0.5339044885, -0.4507240453, -0.3204670154, -0.171061856, -0.04516119084, 0.03072397362,
        0.07836165842, 0.1457832514, 0.2626111287, 0.4105589865, 0.5483578276, 0.6411452883,
      ],
      bias: [-0.1408190107, -0.1486404438, 0.5544418477, 0.3719224798]),
    MatrixCase(
      configuration: Configuration(
        "Muon",
        [
          "learning_rate": .number(0.1), "nesterov": .bool(false), "rms_rate": .null,
          "adam_lr_ratio": .number(0.5), "adam_weight_decay": .null,
        ]),
      kernel: [
        -0.5699114851, -0.5379523529, -0.3787193303, -0.1467812686, 0.04120088997, 0.1000655584,
        0.0669304139, 0.06408901104, 0.1857180788, 0.407137925, 0.6215540626, 0.723662539,
      ],
      bias: [-0.02040838744, -0.1744665171, 0.4274602285, 0.3862306888]),
    MatrixCase(
      configuration: Configuration("Adafactor", ["learning_rate": .number(0.1)]),
      kernel: [
        -0.5901745271, -0.4994362622, -0.3253585468, -0.1194996887, -0.004361592404, 0.02100585956,
        0.02924659042, 0.09942389006, 0.266846455, 0.4669208817, 0.6096567619, 0.6481308575,
      ],
      bias: [0.07119246129, -0.1563832347, 0.3374016951, 0.3557828692]),
    MatrixCase(
      configuration: Configuration("Lamb", ["learning_rate": .number(0.1)]),
      kernel: [
        -0.57891401, -0.5256279611, -0.3735210177, -0.1670466254, 0.02845494766, 0.08442740001,
        0.07969654791, 0.06991005996, 0.2059308594, 0.4047077468, 0.6304611184, 0.7025539048,
      ],
      bias: [0.01775057456, -0.1663258457, 0.388202971, 0.3754752676]),
    MatrixCase(
      configuration: Configuration(
        "SGD", ["learning_rate": .number(0.1), "global_clipnorm": .number(0.5)]),
      kernel: [
        -0.5309706979, -0.4332893975, -0.3050019786, -0.1721157636, -0.06486618698, 0.01008152402,
        0.07576032833, 0.163724975, 0.2850407123, 0.4201099498, 0.5366901921, 0.619537641,
      ],
      bias: [0.08032509932, -0.1704986316, 0.3238485892, 0.3738725965]),
  ]

  static let cases = [
    Case(
      Configuration("SGD", ["learning_rate": .number(0.5)]),
      [
        0.795, 0.595, 0.395, 0.195, -0.005, -0.205, -0.405, -0.605, -0.805, -1.005,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(0.5), "momentum": .number(0.9)]),
      [
        0.5270745, 0.0746245, -0.3778255, -0.8302755, -1.2827255, -1.7351755, -2.1876255,
        -2.6400755, -3.0925255, -3.5449755,
      ]),
    Case(
      Configuration(
        "SGD", ["learning_rate": .number(0.5), "momentum": .number(0.9), "nesterov": .bool(true)]),
      [
        0.36936705, -0.23783795, -0.84504295, -1.45224795, -2.05945295, -2.66665795, -3.27386295,
        -3.88106795, -4.48827295, -5.09547795,
      ]),
    Case(
      Configuration(
        "Adadelta", ["learning_rate": .number(1.0), "rho": .number(0.8), "epsilon": .number(1e-06)]),
      [
        0.9849322865, 0.9848927694, 0.9848854102, 0.9848828315, 0.9848816373, 0.9848809885,
        0.9848805973, 0.9848803433, 0.9848801692, 0.9848800446,
      ]),
    Case(
      Configuration(
        "Adagrad",
        [
          "learning_rate": .number(0.2), "initial_accumulator_value": .number(0.3),
          "epsilon": .number(1e-06),
        ]),
      [
        0.8559793315, 0.7421957077, 0.6603771007, 0.60373112, 0.5644374863, 0.5367226486,
        0.516756112, 0.5020546603, 0.4910015733, 0.4825290179,
      ]),
    Case(
      Configuration("RMSprop", ["learning_rate": .number(0.1)]),
      [
        -0.2205711143, -0.2223304709, -0.22265777, -0.2227724356, -0.2228255288, -0.2228543748,
        -0.2228717697, -0.2228830604, -0.2228908016, -0.222896339,
      ]),
    Case(
      Configuration("RMSprop", ["learning_rate": .number(0.1), "momentum": .number(0.5)]),
      [
        -1.058620554, -1.061691469, -1.06226288, -1.062463076, -1.062555774, -1.062606137,
        -1.062636508, -1.062656222, -1.062669738, -1.062679406,
      ]),
    Case(
      Configuration("RMSprop", ["learning_rate": .number(0.1), "centered": .bool(true)]),
      [
        -0.3627233873, -0.3596804368, -0.3583540982, -0.3576332854, -0.3571824839, -0.3568743515,
        -0.356650546, -0.3564806666, -0.3563473399, -0.3562399246,
      ]),
    Case(
      Configuration(
        "RMSprop",
        ["learning_rate": .number(0.1), "centered": .bool(true), "momentum": .number(0.5)]),
      [
        -1.272827394, -1.268287634, -1.266240077, -1.265117547, -1.264412652, -1.263929703,
        -1.263578381, -1.263311419, -1.263101729, -1.262932685,
      ]),
    Case(
      Configuration("Adam", ["learning_rate": .number(1.0)]),
      [
        -3.587539367, -3.521397694, -3.498313055, -3.486582372, -3.479484549, -3.474728119,
        -3.471318712, -3.468755143, -3.466757408, -3.4651568,
      ]),
    Case(
      Configuration("Adam", ["learning_rate": .number(1.0), "amsgrad": .bool(true)]),
      [
        -3.587539367, -3.521397694, -3.498313055, -3.486582372, -3.479484549, -3.474728119,
        -3.471318712, -3.468755143, -3.466757408, -3.4651568,
      ]),
    Case(
      Configuration("AdamW", ["learning_rate": .number(1.0), "weight_decay": .number(0.5)]),
      [
        -1.776993611, -1.755457327, -1.747933997, -1.744109069, -1.741794058, -1.740242406,
        -1.739130028, -1.738293531, -1.737641614, -1.737119257,
      ]),
    Case(
      Configuration(
        "Adamax",
        [
          "learning_rate": .number(0.2), "beta_1": .number(0.85), "beta_2": .number(0.95),
          "epsilon": .number(1e-06),
        ]),
      [
        0.1933080224, 0.2040428216, 0.2076211119, 0.2094102615, 0.2104837527, 0.2111994141,
        0.2117106011, 0.2120939915, 0.2123921842, 0.2126307383,
      ]),
    Case(
      Configuration(
        "Nadam",
        [
          "learning_rate": .number(0.5), "beta_1": .number(0.9), "beta_2": .number(0.99),
          "epsilon": .number(1e-06),
        ]),
      [
        -1.211081176, -1.209215754, -1.208082386, -1.207419458, -1.2069909, -1.206692364,
        -1.206472842, -1.206304765, -1.206172004, -1.206064513,
      ]),
    Case(
      Configuration(
        "Ftrl",
        [
          "learning_rate": .number(0.05), "learning_rate_power": .number(-0.2),
          "initial_accumulator_value": .number(0.4), "l1_regularization_strength": .number(0.05),
          "l2_regularization_strength": .number(0.15),
          "l2_shrinkage_regularization_strength": .number(0.01), "beta": .number(0.3),
        ]),
      [
        -0.01635140822, -0.03282480279, -0.04813379215, -0.06225976988, -0.07533672913,
        -0.08752642114, -0.0989742184, -0.1097997553, -0.1200987285, -0.1299472635,
      ]),
    Case(
      Configuration("Ftrl", ["learning_rate": .number(0.1)]),
      [
        -0.1160949369, -0.1850677458, -0.22169305, -0.2418203984, -0.253609158, -0.2609514526,
        -0.2657744313, -0.2690875911, -0.2714503549, -0.2731890556,
      ]),
    Case(
      Configuration("Lion", ["learning_rate": .number(1.0)]),
      [
        -4, -4, -4, -4, -4, -4, -4, -4, -4, -4,
      ]),
    Case(
      Configuration("Lamb", ["learning_rate": .number(0.5)]),
      [
        0.01167974893, 0.02506316885, 0.02973235416, 0.03210436314, 0.03353931824, 0.03450079713,
        0.03518992226, 0.03570804707, 0.03611178916, 0.03643525776,
      ]),
    Case(
      Configuration("Adafactor", ["learning_rate": .number(0.5)]),
      [
        0.035570899, 0.03466440507, 0.03449582775, 0.03443677312, 0.03440943003, 0.03439457454,
        0.03438561632, 0.03437980175, 0.03437581515, 0.03437296348,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(1.0), "clipnorm": .number(1.0)]),
      [
        0.7861411234, 0.5822822468, 0.3784233703, 0.1745644937, -0.02929438288, -0.2331532595,
        -0.437012136, -0.6408710126, -0.8447298892, -1.048588766,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(1.0), "clipvalue": .number(0.5)]),
      [
        0.59, 0.19, -0.21, -0.61, -1.01, -1.01, -1.01, -1.01, -1.01, -1.01,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(1.0), "global_clipnorm": .number(1.0)]),
      [
        0.7861411234, 0.5822822468, 0.3784233703, 0.1745644937, -0.02929438288, -0.2331532595,
        -0.437012136, -0.6408710126, -0.8447298892, -1.048588766,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(0.5), "weight_decay": .number(0.1)]),
      [
        0.5842146562, 0.3987209063, 0.2132271562, 0.02773340625, -0.1577603438, -0.3432540937,
        -0.5287478438, -0.7142415938, -0.8997353438, -1.085229094,
      ]),
    Case(
      Configuration(
        "SGD",
        ["learning_rate": .number(0.5), "use_ema": .bool(true), "ema_momentum": .number(0.9)]),
      [
        0.949755, 0.90451, 0.859265, 0.81402, 0.768775, 0.72353, 0.678285, 0.63304, 0.587795,
        0.54255,
      ]),
    Case(
      Configuration(
        "SGD",
        [
          "learning_rate": .number(0.5), "use_ema": .bool(true), "ema_momentum": .number(0.9),
          "ema_overwrite_frequency": .int(2),
        ]),
      [
        0.9705, 0.946, 0.9215, 0.897, 0.8725, 0.848, 0.8235, 0.799, 0.7745, 0.75,
      ]),
    Case(
      Configuration(
        "SGD", ["learning_rate": .number(0.5), "gradient_accumulation_steps": .int(2)]),
      [
        0.9225, 0.8475, 0.7725, 0.6975, 0.6225, 0.5475, 0.4725, 0.3975, 0.3225, 0.2475,
      ]),
    Case(
      Configuration(
        "Adam", ["learning_rate": .number(0.5), "gradient_accumulation_steps": .int(2)]),
      [
        0.01259731608, 0.01488583462, 0.01570031992, 0.01611745572, 0.01637092955, 0.01654124837,
        0.01666356109, 0.01675565534, 0.01682749768, 0.0168851062,
      ]),
    Case(
      Configuration("SGD", ["learning_rate": .number(0.5), "loss_scale_factor": .number(4.0)]),
      [
        0.94875, 0.89875, 0.84875, 0.79875, 0.74875, 0.69875, 0.64875, 0.59875, 0.54875, 0.49875,
      ]),
  ]
}
