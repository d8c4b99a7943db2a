import MartletTensors

// Keras' initializers but those whose scale follows from the shape; for them see VarianceScaling.
// A seed of its own makes an initializer give the same numbers each time it is asked.

extension Initializer {
  /// Zeros.
  public static let zeros = Initializer("Zeros") { shape, dtype, _ in
    .zeros(shape, dtype: dtype)
  }
  /// Ones.
  public static let ones = Initializer("Ones") { shape, dtype, _ in .ones(shape, dtype: dtype) }
  /// `identity(gain: 1)`.
  public static let identity = identity(gain: 1)
  /// `orthogonal(gain: 1)`.
  public static let orthogonal = orthogonal()
  /// `randomNormal(mean: 0, standardDeviation: 0.05)`.
  public static let randomNormal = randomNormal()
  /// `truncatedNormal(mean: 0, standardDeviation: 0.05)`.
  public static let truncatedNormal = truncatedNormal()
  /// `randomUniform(low: -0.05, high: 0.05)`.
  public static let randomUniform = randomUniform()

  /// One number everywhere.
  public static func constant(_ value: Double) -> Initializer {
    Initializer("Constant", ["value": .number(value)]) { shape, dtype, _ in
      .full(shape, value, dtype: dtype)
    }
  }

  /// A multiple of the identity matrix, which need not be square; traps if the weight is no matrix.
  public static func identity(gain: Double) -> Initializer {
    let mistake: @Sendable (Shape) -> Diagnostic? = { shape in
      shape.count == 2
        ? nil
        : Diagnostic(
          "identity", "the weight is no matrix", expected: "a shape of two axes", got: "\(shape)")
    }
    var made = Initializer("Identity", ["gain": .number(gain)]) { shape, dtype, _ in
      if let mistake = mistake(shape) { trap(mistake, file: #fileID, line: #line) }
      let eye = Tensor.eye(shape[0], shape[1], dtype: dtype)
      return gain == 1 ? eye : eye * gain
    }
    made.mistake = mistake
    return made
  }

  /// Random numbers of a normal distribution.
  public static func randomNormal(
    mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil
  ) -> Initializer {
    Initializer("RandomNormal", normal(mean, standardDeviation, seed)) { shape, dtype, source in
      .randomNormal(
        shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype,
        using: seeded(seed) ?? source)
    }
  }

  /// Random numbers of a normal distribution, none further than two standard deviations from the
  /// mean.
  public static func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil
  ) -> Initializer {
    Initializer("TruncatedNormal", normal(mean, standardDeviation, seed)) { shape, dtype, source in
      .randomTruncatedNormal(
        shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype,
        using: seeded(seed) ?? source)
    }
  }

  /// Random numbers between two bounds, all equally likely.
  public static func randomUniform(
    low: Double = -0.05, high: Double = 0.05, seed: Int? = nil
  ) -> Initializer {
    Initializer(
      "RandomUniform",
      ["minval": .number(low), "maxval": .number(high), "seed": .optional(seed)]
    ) { shape, dtype, source in
      .randomUniform(shape, low: low, high: high, dtype: dtype, using: seeded(seed) ?? source)
    }
  }

  /// A random matrix whose rows or columns, whichever are fewer, are orthonormal, times a gain.
  ///
  /// All axes but the last count as rows; traps if the weight has fewer than two axes (Saxe et al.,
  /// 2014).
  public static func orthogonal(gain: Double = 1, seed: Int? = nil) -> Initializer {
    let mistake: @Sendable (Shape) -> Diagnostic? = { shape in
      shape.count >= 2
        ? nil
        : Diagnostic(
          "orthogonal", "the weight has too few axes", expected: "two axes or more",
          got: "\(shape)")
    }
    var made = Initializer("Orthogonal", ["gain": .number(gain), "seed": .optional(seed)]) {
      shape, dtype, source in
      if let mistake = mistake(shape) { trap(mistake, file: #fileID, line: #line) }
      let rows = shape.dropLast().reduce(1, *)
      let columns = shape[shape.count - 1]
      if rows == 0 || columns == 0 { return .zeros(shape, dtype: dtype) }
      let normal = Tensor.randomNormal(
        [max(rows, columns), min(rows, columns)], dtype: dtype, using: seeded(seed) ?? source)
      let (q, r) = normal.qr()
      // With the signs of R's diagonal, Q is uniform over all orthogonal matrices.
      let uniform = q * r.diagonal().sign()
      let matrix = rows < columns ? uniform.transposed() : uniform
      return (gain == 1 ? matrix : matrix * gain).reshaped(to: shape)
    }
    made.mistake = mistake
    return made
  }

  /// The source of an initializer that has a seed of its own.
  static func seeded(_ seed: Int?) -> RandomSource? {
    seed.map { RandomSource(seed: UInt64(bitPattern: Int64($0))) }
  }

  private static func normal(
    _ mean: Double, _ deviation: Double, _ seed: Int?
  ) -> [String: ConfigurationValue] {
    ["mean": .number(mean), "stddev": .number(deviation), "seed": .optional(seed)]
  }
}
