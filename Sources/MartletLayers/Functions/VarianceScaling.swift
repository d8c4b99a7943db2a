import MartletTensors

// Initializers that keep the variance of signals: the size of random numbers follows from how many
// inputs or outputs each neuron has.

/// How many numbers a neuron sums (in) and how many neurons read an input (out), from the shape of
/// a weight.
public struct Fans: Sendable, Equatable {
  /// The number of inputs of each output.
  public let `in`: Int
  /// The number of outputs that each input reaches.
  public let out: Int

  /// The fans of a weight, by Keras' rule: a vector has its size for both, a matrix rows and columns,
  /// a convolution's kernel `[…, in, out]` those two times the sizes of its window.
  ///
  /// - Parameters:
  ///   - shape: The weight's.
  ///   - inputAxes: The axes that are summed over, where the rule does not know them.
  ///   - outputAxes: The axes that remain.
  public init(_ shape: Shape, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil) {
    func size(_ axes: [Int]) -> Int {
      axes.reduce(1) { $0 * shape[$1 < 0 ? $1 + shape.count : $1] }
    }
    if let inputAxes, let outputAxes {
      (self.in, out) = (size(inputAxes), size(outputAxes))
    } else if shape.count < 2 {
      (self.in, out) = (shape.first ?? 1, shape.first ?? 1)
    } else {
      let window = shape.dropLast(2).reduce(1, *)
      (self.in, out) = (window * shape[shape.count - 2], window * shape[shape.count - 1])
    }
  }
}

extension Initializer {
  /// Which fan a scale is divided by.
  public enum FanMode: String, Sendable, CaseIterable {
    /// The inputs: keeps the variance of what goes forward.
    case fanIn = "fan_in"
    /// The outputs: keeps the variance of what comes back.
    case fanOut = "fan_out"
    /// The mean of both.
    case fanAverage = "fan_avg"
  }

  /// What random numbers look like.
  public enum Distribution: String, Sendable, CaseIterable {
    /// Normal, none further than two standard deviations from 0.
    case truncatedNormal = "truncated_normal"
    /// Normal.
    case untruncatedNormal = "untruncated_normal"
    /// All numbers between two bounds equally likely.
    case uniform
  }

  /// Random numbers of mean 0 and variance `scale` / fan (He et al., 2015).
  ///
  /// With s = scale / max(1, fan): normal with deviation √s, before the cut √s / 0.8796 (so that the
  /// numbers have √s behind it), or uniform within ±√(3 s).
  ///
  /// - Parameters:
  ///   - scale: Positive; traps otherwise.
  ///   - mode: The fan.
  ///   - distribution: The kind of numbers.
  ///   - seed: Makes it give the same numbers each time.
  ///   - inputAxes: The weight's axes that are summed over, where `Fans` cannot know them.
  ///   - outputAxes: The axes that remain.
  public static func varianceScaling(
    scale: Double = 1, mode: FanMode = .fanIn, distribution: Distribution = .truncatedNormal,
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    VarianceScaling(scale: scale, mode: mode, distribution: distribution)
      .initializer("VarianceScaling", seed, inputAxes, outputAxes)
  }

  /// `varianceScaling()`.
  public static let varianceScaling = varianceScaling()
  /// `glorotUniform(seed: nil)`: Keras' default for kernels.
  public static let glorotUniform = glorotUniform(seed: nil)
  /// `glorotNormal(seed: nil)`.
  public static let glorotNormal = glorotNormal(seed: nil)
  /// `heUniform(seed: nil)`.
  public static let heUniform = heUniform(seed: nil)
  /// `heNormal(seed: nil)`.
  public static let heNormal = heNormal(seed: nil)
  /// `lecunUniform(seed: nil)`.
  public static let lecunUniform = lecunUniform(seed: nil)
  /// `lecunNormal(seed: nil)`.
  public static let lecunNormal = lecunNormal(seed: nil)

  /// Uniform within ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
  public static func glorotUniform(seed: Int?) -> Initializer {
    VarianceScaling.glorotUniform.initializer("GlorotUniform", seed)
  }
  /// Truncated normal of variance 2 / (fan in + fan out) (Glorot and Bengio, 2010).
  public static func glorotNormal(seed: Int?) -> Initializer {
    VarianceScaling.glorotNormal.initializer("GlorotNormal", seed)
  }
  /// Uniform within ±√(6 / fan in) (He et al., 2015).
  public static func heUniform(seed: Int?) -> Initializer {
    VarianceScaling.heUniform.initializer("HeUniform", seed)
  }
  /// Truncated normal of variance 2 / fan in (He et al., 2015).
  public static func heNormal(seed: Int?) -> Initializer {
    VarianceScaling.heNormal.initializer("HeNormal", seed)
  }
  /// Uniform within ±√(3 / fan in) (LeCun et al., 1998).
  public static func lecunUniform(seed: Int?) -> Initializer {
    VarianceScaling.lecunUniform.initializer("LecunUniform", seed)
  }
  /// Truncated normal of variance 1 / fan in (LeCun et al., 1998).
  public static func lecunNormal(seed: Int?) -> Initializer {
    VarianceScaling.lecunNormal.initializer("LecunNormal", seed)
  }

  /// The same initializer told which axes of its weight are summed over, if it divides by a fan and
  /// was not told already: for weights whose axes `Fans` cannot know, as those of `EinsumDense`.
  public func knowing(inputAxes: [Int], outputAxes: [Int]) -> Initializer {
    var given = configuration
    let name = given.className
    let scales = name == "VarianceScaling" || VarianceScaling.named.contains { $0.0 == name }
    if !scales || (given["input_axes"] != nil && given["output_axes"] != nil) { return self }
    given["input_axes"] = .ints(inputAxes)
    given["output_axes"] = .ints(outputAxes)
    return (try? Initializer(configuration: given)) ?? self
  }

  /// How the table of names makes those of this file.
  static var scalings: [NameTable<Initializer>.Entry] {
    VarianceScaling.named.map { name, scaling in
      .init(name) { (given) throws(Diagnostic) in
        scaling.initializer(
          name, given.seed, try given.optionalInts("input_axes"),
          try given.optionalInts("output_axes"))
      }
    } + [
      .init("VarianceScaling") { (given) throws(Diagnostic) in
        try VarianceScaling(given).initializer(
          "VarianceScaling", given.seed, given.optionalInts("input_axes"),
          given.optionalInts("output_axes"))
      }
    ]
  }
}

/// The equation behind this file's initializers.
private struct VarianceScaling {
  let scale: Double
  let mode: Initializer.FanMode
  let distribution: Initializer.Distribution

  static let glorotUniform = VarianceScaling(scale: 1, mode: .fanAverage, distribution: .uniform)
  static let glorotNormal = VarianceScaling(
    scale: 1, mode: .fanAverage, distribution: .truncatedNormal)
  static let heUniform = VarianceScaling(scale: 2, mode: .fanIn, distribution: .uniform)
  static let heNormal = VarianceScaling(scale: 2, mode: .fanIn, distribution: .truncatedNormal)
  static let lecunUniform = VarianceScaling(scale: 1, mode: .fanIn, distribution: .uniform)
  static let lecunNormal = VarianceScaling(scale: 1, mode: .fanIn, distribution: .truncatedNormal)

  static let named = [
    ("GlorotUniform", glorotUniform), ("GlorotNormal", glorotNormal), ("HeUniform", heUniform),
    ("HeNormal", heNormal), ("LecunUniform", lecunUniform), ("LecunNormal", lecunNormal),
  ]

  init(scale: Double, mode: Initializer.FanMode, distribution: Initializer.Distribution) {
    if !(scale > 0 && scale.isFinite) {
      trap(
        Diagnostic(
          "varianceScaling", "the scale is none", expected: "a positive number", got: "\(scale)"),
        file: #fileID, line: #line)
    }
    (self.scale, self.mode, self.distribution) = (scale, mode, distribution)
  }

  init(_ given: Configuration) throws(Diagnostic) {
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
      _ key: String, _ name: String
    ) throws(Diagnostic) -> Choice {
      guard let choice = Choice(rawValue: name) else {
        throw Diagnostic(
          given.className, "\"\(key)\" is none that is known",
          expected: Choice.allCases.map(\.rawValue).joined(separator: ", "), got: "\"\(name)\"")
      }
      return choice
    }
    let scale = try given.number("scale", default: 1)
    guard scale > 0 && scale.isFinite else {
      throw Diagnostic(
        given.className, "\"scale\" is none", expected: "a positive number", got: "\(scale)")
    }
    let distribution = try given.string("distribution", default: "truncated_normal").lowercased()
    self.init(
      scale: scale, mode: try choice("mode", given.string("mode", default: "fan_in")),
      distribution: try choice(
        "distribution", distribution == "normal" ? "truncated_normal" : distribution))
  }

  func initializer(
    _ name: String, _ seed: Int?, _ inputAxes: [Int]? = nil, _ outputAxes: [Int]? = nil
  ) -> Initializer {
    var values: [String: ConfigurationValue] = ["seed": .optional(seed)]
    if name == "VarianceScaling" {
      values["scale"] = .number(scale)
      values["mode"] = .string(mode.rawValue)
      values["distribution"] = .string(distribution.rawValue)
    }
    // Keras 3.0 does not know the keys: they are there only if they say something.
    if let inputAxes { values["input_axes"] = .ints(inputAxes) }
    if let outputAxes { values["output_axes"] = .ints(outputAxes) }
    return Initializer(name, values) { shape, dtype, source in
      let variance = self.variance(Fans(shape, inputAxes: inputAxes, outputAxes: outputAxes))
      let source = Initializer.seeded(seed) ?? source
      switch distribution {
      case .uniform:
        let limit = (3 * variance).squareRoot()
        return .randomUniform(shape, low: -limit, high: limit, dtype: dtype, using: source)
      case .untruncatedNormal:
        return .randomNormal(
          shape, standardDeviation: variance.squareRoot(), dtype: dtype, using: source)
      case .truncatedNormal:
        // The deviation of a standard normal distribution cut at 2.
        return .randomTruncatedNormal(
          shape, standardDeviation: variance.squareRoot() / 0.87962566103423978, dtype: dtype,
          using: source)
      }
    }
  }

  private func variance(_ fans: Fans) -> Double {
    let fan =
      switch mode {
      case .fanIn: Double(fans.in)
      case .fanOut: Double(fans.out)
      case .fanAverage: Double(fans.in + fans.out) / 2
      }
    return scale / max(1, fan)
  }
}
