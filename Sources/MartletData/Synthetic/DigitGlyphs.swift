/// One movement of the pen: points in a box 10 wide and 14 high, y pointing down.
struct Stroke: Sendable {
  /// Whether the pen goes round through the points, or straight from one to the next.
  let isRound: Bool
  let points: [SIMD2<Float>]

  /// Through the points in a round line (Catmull and Rom, 1974).
  static func round(_ points: (Float, Float)...) -> Stroke {
    Stroke(isRound: true, points: points.map { SIMD2($0.0, $0.1) })
  }

  /// From point to point in straight lines.
  static func straight(_ points: (Float, Float)...) -> Stroke {
    Stroke(isRound: false, points: points.map { SIMD2($0.0, $0.1) })
  }
}

/// The ways in which people write each digit.
enum DigitGlyphs {
  /// For each digit its variants, each a list of strokes.
  static let all: [[[Stroke]]] = [zero, one, two, three, four, five, six, seven, eight, nine]

  // swift-format-ignore
  private static let zero: [[Stroke]] = [
    [.round((5, 0), (1.6, 2.5), (0.6, 7), (1.8, 11.6), (5, 14), (8.2, 11.6), (9.4, 7), (8.4, 2.4), (5, 0))],
    [.round((6.5, 0.3), (3, 3), (2, 8), (3, 12.5), (5, 14), (7.5, 11), (8.5, 6), (8, 1.8), (6.5, 0.3), (4.5, 1.5))],
    [.round((5, 2), (1.5, 4), (0.5, 8), (2, 12), (5, 13.5), (8.5, 12), (9.7, 8), (8.5, 4), (5, 2))],
  ]
  // swift-format-ignore
  private static let one: [[Stroke]] = [
    [.straight((5, 0), (5, 14))],
    [.straight((6.5, 0), (3.5, 14))],
    [.straight((3.2, 3), (5.5, 0), (5.5, 14))],
    [.straight((3.4, 2.6), (5.5, 0), (5.5, 14)), .straight((2.5, 14), (8.5, 14))],
  ]
  // swift-format-ignore
  private static let two: [[Stroke]] = [
    [.round((1, 3.5), (2.5, 0.8), (5.5, 0), (8.3, 1.8), (8.3, 5), (5.5, 9), (1, 14)), .straight((1, 14), (9.3, 14))],
    [.round((1.5, 3), (4, 0.3), (7.5, 1), (8.2, 4), (6, 8.5), (2.5, 12.5), (1, 13.3), (1.2, 11.6), (3.2, 11.4), (6, 13.4), (9.5, 13))],
    [.round((1.5, 1.5), (5, 0.2), (7.8, 2.5), (6.8, 6.5), (3.5, 10.5), (1.2, 13)), .round((1.2, 13), (4, 12.4), (6.5, 13.6), (9.5, 13))],
  ]
  // swift-format-ignore
  private static let three: [[Stroke]] = [
    [.round((1.2, 2), (4, 0), (7.8, 1.2), (8, 4.2), (5.8, 6.3), (3.8, 6.7)), .round((3.8, 6.7), (7, 7.2), (9.2, 10), (7.5, 13.2), (4, 14), (0.8, 12.2))],
    [.straight((1.5, 0.3), (8.5, 0.3), (4.5, 5.8)), .round((4.5, 5.8), (8, 7), (9, 10.2), (7, 13.4), (3.5, 13.8), (0.8, 12))],
    [.round((1.5, 1.5), (5, 0), (8, 2), (7, 5.5), (4.5, 6.8), (5, 7.6), (6, 6.6), (8.5, 8.5), (8.5, 12), (5, 14), (1, 13))],
  ]
  // swift-format-ignore
  private static let four: [[Stroke]] = [
    [.straight((6.8, 0), (0.8, 9.4), (9.5, 9.4)), .straight((6.8, 0), (6.8, 14))],
    [.straight((2, 0.5), (1.2, 7.5), (8.8, 7.5)), .straight((7.8, 0.8), (7.2, 14))],
    [.round((2.2, 0.5), (1.4, 4), (2, 6.8), (5, 7.4), (8.2, 6)), .straight((8.4, 0.5), (7.4, 14))],
    [.straight((5.5, 0), (1, 8.5), (9.2, 8)), .straight((7, 4), (6.5, 14))],
  ]
  // swift-format-ignore
  private static let five: [[Stroke]] = [
    [.straight((8.8, 0.3), (2.4, 0.3), (1.8, 6)), .round((1.8, 6), (5, 5), (8.5, 6.8), (9, 10.2), (6.5, 13.4), (3.3, 13.8), (0.8, 12.2))],
    [.straight((2.6, 0.5), (2, 5.8)), .round((2, 5.8), (5.5, 5.3), (8.5, 8), (8, 12), (4.8, 14), (1, 13)), .straight((2.6, 0.5), (8.8, 0))],
    [.round((8.5, 0.6), (4, 0.4), (2.2, 2.5), (2.6, 5.6), (6.3, 7), (8.4, 9.8), (7, 13), (3.5, 14), (0.9, 12.8))],
  ]
  // swift-format-ignore
  private static let six: [[Stroke]] = [
    [.round((7.5, 0.3), (3.8, 3), (1.4, 7.2), (1.5, 11.5), (4.5, 14), (8, 12.8), (8.8, 9.8), (6.8, 7.5), (3.8, 8), (1.6, 10.5))],
    [.round((5.5, 0), (2.8, 5), (1.6, 10), (3, 13.4), (5.5, 13.8), (7.2, 11.6), (6.2, 9.2), (3.8, 9.2), (1.9, 11))],
    [.round((8.4, 2), (6, 0.2), (2.8, 1.8), (1, 6.5), (1.4, 11), (4.2, 13.8), (7.8, 13), (9.2, 10), (7.5, 7.2), (4.5, 6.8), (1.6, 9))],
  ]
  // swift-format-ignore
  private static let seven: [[Stroke]] = [
    [.straight((1, 0.6), (9, 0.6), (3.8, 14))],
    [.straight((1, 0.8), (9, 0.5), (4.2, 14)), .straight((3.2, 7.2), (8, 6.8))],
    [.straight((1.2, 3), (1.4, 0.6)), .round((1.4, 0.6), (5, 1), (9, 0.5)), .round((9, 0.5), (6.5, 5), (5, 9.5), (4.5, 14))],
    [.round((0.8, 1.2), (3, 0.3), (5.5, 1.2), (8.8, 0.3)), .straight((8.8, 0.3), (4.6, 14))],
  ]
  // swift-format-ignore
  private static let eight: [[Stroke]] = [
    [.round((7.8, 2), (5, 0), (2, 1.8), (2.6, 5), (6.8, 7.8), (8.8, 11), (6, 13.8), (2.5, 13), (1.4, 10), (4, 7), (7.4, 4.6), (7.8, 2))],
    [.round((5, 0), (2.2, 1.2), (2, 4.6), (5, 6.6), (8, 4.6), (7.8, 1.2), (5, 0)), .round((5, 6.6), (1.6, 8.4), (1.2, 11.8), (5, 14), (8.8, 11.8), (8.4, 8.4), (5, 6.6))],
    [.round((8.2, 1), (4.6, 0.2), (3, 3), (5, 6.2), (7, 9.5), (6, 13), (3, 13.6), (2, 11), (4.6, 7.2), (7.6, 3.6), (8.2, 1))],
  ]
  // swift-format-ignore
  private static let nine: [[Stroke]] = [
    [.round((8, 3), (5.5, 0.3), (2.2, 1.5), (1.4, 4.8), (3.6, 7.2), (6.6, 6.3), (8.2, 3)), .straight((8.2, 3), (7.6, 14))],
    [.round((7.8, 1.8), (4.5, 0.2), (1.6, 2.5), (2, 6), (5, 7), (7.6, 4.6), (8.1, 1.8), (8.2, 6), (7.4, 11), (4.8, 13.8), (2, 13))],
    [.round((7.5, 2.2), (4.8, 0.2), (2.2, 2.4), (2.6, 5.6), (5.2, 6.6), (7.4, 4.4), (7.5, 2.2), (6.4, 8), (4.4, 14))],
  ]
}
