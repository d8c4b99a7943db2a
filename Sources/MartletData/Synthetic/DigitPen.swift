import Foundation

/// Draws one digit after the other into a square of grey values, each a function of its generator.
struct DigitPen: ~Copyable {
  /// The number of pixels along each side.
  static let side = 28

  /// The ink of the picture that is being drawn, 0 … 1.
  private let ink: UnsafeMutablePointer<Float>
  /// The points of the stroke that is being drawn, in pixels.
  private var path: [SIMD2<Float>] = []

  init() {
    ink = .allocate(capacity: Self.side * Self.side)
    path.reserveCapacity(128)
  }

  deinit { ink.deallocate() }

  /// Draws a digit in one of its variants, distorted, into `side · side` bytes, row by row.
  mutating func draw(
    _ digit: Int, using random: inout KeyedRandom, into picture: UnsafeMutablePointer<UInt8>
  ) {
    ink.initialize(repeating: 0, count: Self.side * Self.side)
    let variants = DigitGlyphs.all[digit]
    let glyph = variants[random.below(variants.count)]
    let hand = Hand(&random)
    for stroke in glyph {
      trace(stroke, hand, &random)
      for index in 1..<max(path.count, 1) { line(path[index - 1], path[index], hand.radius) }
    }
    develop(hand, &random, picture)
  }

  /// How one picture is written: where the points go, and the pen.
  private struct Hand {
    /// Half the pen's width, in pixels.
    let radius: Float
    /// The grey value of full ink.
    let blackness: Float
    /// The deviation of the noise, in grey values.
    let noise: Float
    /// How far each point of a glyph strays, in its units.
    let jitter: Float
    private let columnX: SIMD2<Float>
    private let columnY: SIMD2<Float>
    private let origin: SIMD2<Float>
    /// Two slow waves that bend the paper: frequency, phase and reach of each.
    private let waves: (Wave, Wave)

    private struct Wave {
      let frequency: SIMD2<Float>
      let phase: Float
      let reach: SIMD2<Float>

      init(_ random: inout KeyedRandom) {
        // One period in 14 to 60 pixels.
        let angle = Float(random.uniform(0, 2 * .pi))
        let frequency = Float(random.uniform(0.1, 0.45))
        self.frequency = SIMD2(cosf(angle), sinf(angle)) * frequency
        phase = Float(random.uniform(0, 2 * .pi))
        reach = SIMD2(random.bell(), random.bell()) * 0.62
      }

      func displacement(_ p: SIMD2<Float>) -> SIMD2<Float> {
        reach * sinf((p * frequency).sum() + phase)
      }
    }

    init(_ random: inout KeyedRandom) {
      let angle = 0.13 * random.bell()
      let slant = 0.15 * random.bell()
      let (width, height) = (random.uniform(0.95, 1.55), random.uniform(1.05, 1.48))
      let (c, s) = (cosf(angle), sinf(angle))
      // Rotation · slant · scale, pixels from the glyph's units.
      columnX = SIMD2(c, s) * Float(width)
      columnY = SIMD2(-slant * c - s, -slant * s + c) * Float(height)
      origin = SIMD2(
        Float(random.uniform(-2.2, 2.2)) + 13.5, Float(random.uniform(-2.2, 2.2)) + 13.5)
      radius = Float(random.uniform(0.55, 1.7))
      blackness = Float(random.uniform(190, 255))
      noise = Float(random.uniform(0, 14))
      jitter = Float(random.uniform(0.12, 0.42))
      waves = (Wave(&random), Wave(&random))
    }

    /// Where a point of the glyph lands, in pixels.
    func place(_ point: SIMD2<Float>) -> SIMD2<Float> {
      let centred = point - SIMD2(5, 7)
      let p = origin + columnX * centred.x + columnY * centred.y
      return p + waves.0.displacement(p) + waves.1.displacement(p)
    }
  }

  /// Puts the points of a stroke, in pixels, into `path`.
  private mutating func trace(_ stroke: Stroke, _ hand: Hand, _ random: inout KeyedRandom) {
    path.removeAll(keepingCapacity: true)
    let knots = stroke.points.map { point in
      point + SIMD2(random.bell(), random.bell()) * hand.jitter
    }
    // Straight lines too are cut up, so that the waves bend them.
    let steps = stroke.isRound ? 5 : 6
    for index in 0..<(knots.count - 1) {
      let (a, b) = (knots[index], knots[index + 1])
      let before = index > 0 ? knots[index - 1] : a
      let after = index + 2 < knots.count ? knots[index + 2] : b
      for step in 0..<steps {
        let t = Float(step) / Float(steps)
        var point = a + (b - a) * t
        if stroke.isRound {
          let c1: SIMD2<Float> = b - before
          let c2: SIMD2<Float> = before * 2 - a * 5 + b * 4 - after
          let c3: SIMD2<Float> = a * 3 - before - b * 3 + after
          point = a + ((c3 * t + c2) * t + c1) * (t / 2)
        }
        path.append(hand.place(point))
      }
    }
    path.append(hand.place(knots[knots.count - 1]))
  }

  /// Adds a line with round ends; where ink lies already, the darker stays.
  private func line(_ a: SIMD2<Float>, _ b: SIMD2<Float>, _ radius: Float) {
    // The edge fades over one pixel.
    let reach = radius + 0.5
    let last = Float(Self.side - 1)
    let low = pointwiseMax(pointwiseMin(a, b) - reach, SIMD2(repeating: 0)).rounded(.up)
    let high = pointwiseMin(pointwiseMax(a, b) + reach, SIMD2(repeating: last)).rounded(.down)
    guard low.x <= high.x, low.y <= high.y else { return }
    let along = b - a
    let inverseLength = 1 / max((along * along).sum(), 1e-6)
    for row in Int(low.y)...Int(high.y) {
      for column in Int(low.x)...Int(high.x) {
        let p = SIMD2(Float(column), Float(row)) - a
        let t = min(max((p * along).sum() * inverseLength, 0), 1)
        let away = p - along * t
        let value = min(reach - (away * away).sum().squareRoot(), 1)
        let place = row * Self.side + column
        if value > ink[place] { ink[place] = value }
      }
    }
  }

  /// Turns ink to grey values, with noise.
  private func develop(
    _ hand: Hand, _ random: inout KeyedRandom, _ picture: UnsafeMutablePointer<UInt8>
  ) {
    // The sum of two of sixteen random bytes less its mean, of variance 2 · (256² − 1) / 12.
    let scale = hand.noise / 104.5
    var place = 0
    while place < Self.side * Self.side {
      var bits = random.next()
      for _ in 0..<4 {
        let sum = Float(bits & 0xff) + Float((bits >> 8) & 0xff) - 255
        bits >>= 16
        let value = ink[place] * hand.blackness + sum * scale
        picture[place] = UInt8(min(max(value, 0), 255))
        place += 1
      }
    }
  }
}

extension KeyedRandom {
  /// A number of mean 0 and deviation 1, bell-shaped and within ±3.5: the sum of four uniform ones.
  mutating func bell() -> Float {
    let bits = next()
    let sum =
      Float(bits & 0xffff) + Float((bits >> 16) & 0xffff) + Float((bits >> 32) & 0xffff)
      + Float(bits >> 48)
    return (sum - 131_070) * (1 / 37_837.2)
  }
}
